import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { PageFiles } from '../../src/http/page-files.ts'
import { type PagesDeps, pagesRoutes } from '../../src/http/routes/pages.ts'
import { FakeGate } from '../support/fake-gate.ts'
import { httpFixture } from '../support/http-fixture.ts'
import { NAVIGATION, httpGet } from '../support/http-get.ts'

const SCRIPT = Buffer.from('console.log(1)')
const html =
  '<script type="application/json">{{data}}</script><script src="assets/try-A.js" nonce="{{nonce}}">'
const files: PageFiles = {
  assets: new Map([
    ['try-A.js', { type: 'text/javascript; charset=utf-8', bytes: SCRIPT, gzipped: gzipSync(SCRIPT) }],
  ]),
  html: { access: html, status: html, try: html },
}

function routes(gate: FakeGate, more: Partial<PagesDeps> = {}) {
  return [pagesRoutes({ gate, version: '1.2.3', hasJupyter: true, files, ...more })]
}

for (const path of ['outrigger/', 'outrigger/try', 'outrigger/access']) {
  test(`${path} shows itself to whoever may look, and says who that is`, async (t) => {
    const gate = new FakeGate({ access: 'read' })
    const { port } = await httpFixture(t, { baseUrl: '/user/ada/', routes: routes(gate) })
    const { status, headers, body } = await httpGet({ port, path: `/user/ada/${path}` }, NAVIGATION)
    assert.equal(status, 200)
    assert.match(headers['content-type'] ?? '', /^text\/html/)
    assert.equal(headers['cache-control'], 'no-store')
    assert.match(String(headers['content-security-policy']), /script-src 'self';/)
    assert.deepEqual(JSON.parse(/json">(.*?)<\/script>/.exec(body)?.[1] ?? ''), {
      version: '1.2.3',
      hasJupyter: true,
      you: { id: 'ada', name: 'Ada', color: 'teal', isAuthenticated: true, mayEdit: false },
    })
    assert.equal(gate.asked[0]?.action, 'state.read')
  })

  test(`${path} sends who is not signed in to the sign-in page, and shows a stranger nothing`, async (t) => {
    const gate = new FakeGate({ refuseAll: 'not_signed_in' })
    const { port } = await httpFixture(t, { routes: routes(gate) })
    const anonymous = await httpGet({ port, path: `/${path}` }, NAVIGATION)
    assert.equal(anonymous.status, 302)
    gate.options = { refuseAll: 'not_found' }
    const stranger = await httpGet({ port, path: `/${path}` }, NAVIGATION)
    const missing = await httpGet({ port, path: '/outrigger/nowhere' }, NAVIGATION)
    assert.equal(stranger.status, 404)
    assert.equal(stranger.body, missing.body)
  })
}

test('the editor page has a new nonce each time, the same in policy and page', async (t) => {
  const { port } = await httpFixture(t, { routes: routes(new FakeGate()) })
  const nonces = []
  for (let time = 0; time < 2; time += 1) {
    const { headers, body } = await httpGet({ port, path: '/outrigger/try' }, NAVIGATION)
    const nonce = /nonce="([\w-]{20,})"/.exec(body)?.[1]
    assert.ok(nonce !== undefined)
    assert.ok(String(headers['content-security-policy']).includes(`style-src 'self' 'nonce-${nonce}';`))
    nonces.push(nonce)
  }
  assert.notEqual(nonces[0], nonces[1])
})

test('an asset is kept by the browser for ever, and compressed when it can be', async (t) => {
  const { port, url } = await httpFixture(t, { routes: routes(new FakeGate({ refuseAll: 'not_signed_in' })) })
  const plain = await httpGet({ port, path: '/outrigger/assets/try-A.js' })
  assert.equal(plain.body, SCRIPT.toString())
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8')
  const packed = await fetch(`${url}outrigger/assets/try-A.js`)
  assert.equal(packed.headers.get('content-encoding'), 'gzip')
  assert.equal(await packed.text(), SCRIPT.toString())
})

test('what is no asset is not there, however it is spelled', async (t) => {
  const { port } = await httpFixture(t, { routes: routes(new FakeGate()) })
  for (const name of ['nope.js', '..%2f..%2fpackage.json', 'try-A.js.gz', '__proto__', '']) {
    assert.equal((await httpGet({ port, path: `/outrigger/assets/${name}` })).status, 404, name)
  }
})

test('pages that were not built are an error of the server, and the log says what to run', async (t) => {
  const { port, log } = await httpFixture(t, { routes: routes(new FakeGate(), { files: undefined }) })
  const { status, body } = await httpGet({ port, path: '/outrigger/try' }, NAVIGATION)
  assert.equal(status, 500)
  assert.ok(!body.includes('npm'))
  assert.match(log(), /npm run build/)
})
