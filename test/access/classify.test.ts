import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { classifyRequest } from '../../src/access/classify.ts'
import { decide } from '../../src/access/decide.ts'
import type { Access, Action, Principal } from '../../src/access/model.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261)
const KERNEL = '4e113b9e-14b8-4e4c-a55f-81794f4b892d'

/** What JupyterLab 4.6 was seen asking for while it opened a notebook for a reader. */
const AT_LOAD = [
  'lab/tree/a.ipynb',
  'lab/tree/My Data/50% off; really?.ipynb',
  'lab/extensions/@jupyter/collaboration-extension/static/remoteEntry.731dec9e6657d1b2.js',
  'lab/api/build',
  'lab/api/settings',
  'lab/api/settings/@jupyterlab/notebook-extension:panel',
  'lab/api/themes/@jupyterlab/theme-light-extension/index.css',
  'lab/api/translations/default',
  'lab/api/workspaces',
  'lab/api/workspaces/default',
  'static/lab/jlab_core.8811dd2733d03721.js',
  'api/config/jupyterlabapputilsextensionannouncements',
  'api/contents',
  'api/contents/a.ipynb',
  'api/contents/a.ipynb/checkpoints',
  'api/kernels',
  `api/kernels/${KERNEL}`,
  'api/kernelspecs',
  'kernelspecs/python3/logo-svg.svg',
  'api/sessions',
  'api/terminals',
  'api/me',
  'api/nbconvert',
  'lsp/status',
  'api/events/subscribe',
] as const

for (const path of AT_LOAD) {
  test(`[ACCESS-7] a reader may GET ${path}`, () => assert.ok(mayBeMade('GET', path, 'read')))
}

const CASES: readonly (readonly [string, string, Action])[] = [
  ['GET', '', 'page.open'],
  ['HEAD', 'lab', 'page.open'],
  ['OPTIONS', 'api/contents/a.ipynb', 'files.read'],
  ['GET', 'notebooks/a.ipynb', 'page.open'],
  ['GET', 'files/data/table.csv', 'files.read'],
  ['GET', 'nbconvert/html/a.ipynb', 'files.read'],
  ['GET', 'api/contents/', 'files.read'],
  ['GET', 'api/contents/a%2Fb%20c.txt', 'files.read'],
  ['GET', 'api/status', 'state.read'],
  ['PUT', 'api/contents/a.ipynb', 'files.write'],
  ['PATCH', 'api/contents/a.ipynb', 'files.write'],
  ['POST', 'api/contents', 'files.write'],
  ['DELETE', 'api/contents/a.ipynb', 'files.write'],
  ['POST', 'api/contents/a.ipynb/checkpoints/0', 'files.write'],
  ['POST', 'api/contents/a.ipynb/trust', 'files.write'],
  ['PUT', 'lab/api/settings/@jupyterlab/notebook-extension:panel', 'files.write'],
  ['PUT', 'lab/api/workspaces/default', 'files.write'],
  ['POST', 'lab/api/extensions', 'files.write'],
  ['POST', 'nbconvert/html', 'files.write'],
  ['POST', 'api/events', 'files.write'],
  ['PATCH', 'api/me', 'files.write'],
  ['POST', 'api/kernels', 'kernels.use'],
  ['POST', `api/kernels/${KERNEL}/restart`, 'kernels.use'],
  ['DELETE', `api/kernels/${KERNEL}`, 'kernels.use'],
  ['GET', `api/kernels/${KERNEL}/channels`, 'kernels.use'],
  ['POST', 'api/sessions', 'kernels.use'],
  ['PATCH', `api/sessions/${KERNEL}`, 'kernels.use'],
  ['POST', 'api/terminals', 'kernels.use'],
  ['GET', 'api/terminals/1', 'kernels.use'],
  ['GET', 'terminals/1', 'kernels.use'],
  ['GET', 'terminals/websocket/1', 'kernels.use'],
  ['GET', 'lsp/ws/pylsp', 'kernels.use'],
  ['GET', 'proxy/8501/', 'kernels.use'],
  ['GET', 'voila/render/a.ipynb', 'kernels.use'],
  ['GET', 'metrics', 'kernels.use'],
  ['POST', 'api/shutdown', 'server.stop'],
  ['GET', 'api/shutdown/', 'server.stop'],
  ['POST', 'API/Shutdown', 'server.stop'],
  ['GET', 'API/Kernels/x/Channels', 'kernels.use'],
]

for (const [method, path, action] of CASES) {
  test(`[ACCESS-4] ${method} /${path} needs ${action}`, () => {
    assert.equal(classifyRequest(method, path), action)
  })
}

for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
  for (const path of [
    'api/collaboration/room/x',
    'API/Collaboration/session/a',
    'outrigger',
    'outrigger/rooms/x',
  ]) {
    test(`[ACCESS-6] ${method} /${path} is never passed on`, () => {
      assert.equal(classifyRequest(method, path), 'request.unrouted')
      assert.ok(!mayBeMade(method, path, 'manage'))
    })
  }
}

const TRICKS = [
  '/',
  '/api/kernels',
  'api//kernels',
  'lab//',
  'lab/../api/kernels/x/channels',
  'static/./../api/kernels',
  'api/contents/../kernels/x/channels',
  'api/contents/..',
  'api/contents/%2e%2e/kernels',
  'api/contents/%252E%252e/kernels',
  'api/contents/a%2f..%2f..%2fkernels',
  'api/contents/..%5ckernels',
  'api/contents/..;x/kernels',
  'api/contents/..\\kernels',
  'api/contents/a\\b',
  'api/contents/a\u0000b',
  'api/contents/a%00b',
  'api/contents/a\nb',
  'api/contents;x/../kernels',
  'api;/kernels/x/channels',
  'api/kernels;a',
  'api/kernels%2Fx%2Fchannels',
  'static/%61',
  'lab/api/%2e',
]

for (const path of TRICKS) {
  test(`[ACCESS-5] ${JSON.stringify(path)} is refused as malformed`, () => {
    for (const method of ['GET', 'POST']) assert.equal(classifyRequest(method, path), 'request.malformed')
  })
}

test('[ACCESS-5] file names may hold what paths of programs may not', () => {
  for (const name of [
    '100%.ipynb',
    'a;b.txt',
    'my%20file.ipynb',
    '...',
    'x..y',
    'é 日本.ipynb',
    'what?.md',
    '#1.md',
  ]) {
    assert.equal(classifyRequest('GET', `api/contents/${name}`), 'files.read', name)
    assert.equal(classifyRequest('PUT', `api/contents/${name}`), 'files.write', name)
  }
})

const piece = fc.oneof(
  fc.constantFrom(
    'api',
    'contents',
    'kernels',
    'sessions',
    'terminals',
    'lab',
    'static',
    'files',
    'tree',
    'shutdown',
  ),
  fc.constantFrom(
    '..',
    '.',
    '',
    ';',
    '%2e%2e',
    '%252e',
    '%2f',
    '..;a',
    'api;',
    'Kernels',
    '\\',
    'channels',
    KERNEL,
  ),
  fc.string({ maxLength: 6 }),
)
const path = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join('/'))
const writeMethod = fc.oneof(
  fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE', 'MKCOL', 'TRACE', 'CONNECT', 'get', 'Head', ''),
  fc.string({ maxLength: 8 }).filter((method) => !['GET', 'HEAD', 'OPTIONS'].includes(method)),
)

test('[ACCESS-4] no request that may change something is open to a reader', () => {
  fc.assert(
    fc.property(writeMethod, path, (method, tried) => assert.ok(!mayBeMade(method, tried, 'read'))),
    { seed: SEED, numRuns: 5000 },
  )
})

test('[ACCESS-5] no spelling of a path that needs an editor is open to a reader', () => {
  fc.assert(
    fc.property(path, fc.constantFrom('GET', 'HEAD', 'OPTIONS'), (tried, method) => {
      for (const meaning of meanings(tried)) {
        const isGuarded =
          /^(api\/(kernels|sessions)\/[^/]+\/.|api\/terminals\/.|terminals(\/|$)|api\/shutdown(\/|$))/.test(
            meaning,
          )
        if (isGuarded) assert.ok(!mayBeMade(method, tried, 'read'), `${tried} may be ${meaning}`)
      }
    }),
    { seed: SEED, numRuns: 20_000 },
  )
})

/** What a careless server could make of a path: decoded again, dots resolved, `;` cut, and so on. */
function meanings(tried: string): readonly string[] {
  const decoded = [tried, unescape(tried), unescape(unescape(tried))]
  const cut = decoded.flatMap((one) => [one, one.replaceAll(/;[^/]*/g, '')])
  const slashed = cut.flatMap((one) => [one, one.replaceAll('\\', '/')])
  return slashed.map(resolveDots).flatMap((one) => [one, one.toLowerCase()])
}

function unescape(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

function resolveDots(text: string): string {
  const segments: string[] = []
  for (const segment of text.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return segments.join('/')
}

function mayBeMade(method: string, tried: string, access: Access): boolean {
  return decide({ principal: READER, access }, classifyRequest(method, tried)) === 'allow'
}

const READER: Principal = {
  id: 'lin',
  displayName: 'Lin',
  initials: 'L',
  color: '#000000',
  groups: [],
  isAuthenticated: true,
}
