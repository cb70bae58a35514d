import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { PageFiles } from '../../src/http/page-files.ts'
import { type ServerPageData, serverPage } from '../../src/http/server-page.ts'
import type { ServerPhase } from '../../src/jupyter/drivers/driver.ts'
import { refusalIn } from '../../src/jupyter/drivers/server-desk.ts'
import { FakeDesk } from '../support/fake-desk.ts'
import type { FakeGateOptions } from '../support/fake-gate.ts'
import { gatewayFixture } from '../support/gateway-fixture.ts'
import { type HttpAnswer, NAVIGATION, httpGet } from '../support/http-get.ts'
import { rawRequest } from '../support/raw-request.ts'

const files: PageFiles = {
  assets: new Map(),
  html: {
    access: '',
    server: '<title>{{sentence}}</title><script id="d">{{data}}</script><link href="assets/s.css">',
    status: '',
    try: '',
  },
}

type Fixture = {
  readonly desk: FakeDesk
  readonly port: number
  readonly reached: () => number
  readonly visit: (path: string, headers?: Record<string, string>, method?: string) => Promise<HttpAnswer>
}

async function fixture(
  t: TestContext,
  options: { readonly gate?: FakeGateOptions; readonly files?: PageFiles | undefined } = {},
): Promise<Fixture> {
  const desk = new FakeDesk()
  const described = { name: 'my lab', owners: 'Ada <&>', desk }
  const page = serverPage({
    ...described,
    baseUrl: '/user/é/',
    files: 'files' in options ? options.files : files,
  })
  const { port, upstream } = await gatewayFixture(t, {
    basePath: '/user/é/',
    gate: options.gate,
    deps: { standIn: { refusal: () => refusalIn(desk.state()), page } },
  })
  return {
    desk,
    port,
    reached: () => upstream.requests.length,
    visit: (path, headers = NAVIGATION, method = 'GET') =>
      httpGet({ port, path: `/user/%C3%A9/${path}`, method }, headers),
  }
}

function to(desk: FakeDesk, phase: ServerPhase): void {
  desk.current = { phase, since: 0, detail: 'Because </script>.' }
}

const AWAY = {
  stopped: 424,
  starting: 424,
  stopping: 424,
  crashed: 502,
  unreachable: 502,
} as const

for (const [phase, status] of Object.entries(AWAY) as [ServerPhase, number][]) {
  test(`[STATE-9] ${phase}: whoever opens an address sees the state there, and Jupyter is asked nothing`, async (t) => {
    const { desk, visit, reached } = await fixture(t)
    to(desk, phase)
    for (const path of ['', 'lab', 'lab/tree/a%20b.ipynb?x=1', 'files/a.html', 'api/status']) {
      const { status: got, body, headers } = await visit(path)
      assert.equal(got, status, path)
      assert.match(headers['content-type'] ?? '', /text\/html/)
      assert.match(String(headers['content-security-policy']), /script-src 'self'/)
      assert.equal(headers['cache-control'], 'no-store')
      assert.match(body, /<title>The Jupyter server /)
    }
    assert.equal(reached(), 0)
  })
}

test('[STATE-9] the page knows its own addresses, the state, and what this person may do', async (t) => {
  const { desk, visit } = await fixture(t, { gate: { access: 'manage' } })
  to(desk, 'stopped')
  const { body } = await visit('lab/tree/deep/down.ipynb')
  assert.match(body, /href="\/user\/%C3%A9\/outrigger\/assets\/s\.css"/)
  const data = JSON.parse(/id="d">(.*)<\/script>/.exec(body)?.[1] ?? '') as ServerPageData
  assert.equal(data.resourceUrl, '/user/%C3%A9/outrigger/api/v1/resources/my%20lab/')
  assert.deepEqual([data.state.phase, data.state.mayStart], ['stopped', true])
  assert.equal(data.state.detail, 'Because </script>.')
})

test('[STATE-9] without the built pages there is a plain one', async (t) => {
  const { desk, visit } = await fixture(t, { files: undefined })
  to(desk, 'stopped')
  const { status, body } = await visit('lab')
  assert.equal(status, 424)
  assert.match(body, /The Jupyter server is stopped\. Because &#60;\/script&#62;\./)
  assert.match(body, /Ada &#60;&#38;&#62; may start and stop it/)
})

test('[STATE-9] programs get 424 while it is stopped, starting or stopping; otherwise they find out', async (t) => {
  const { desk, visit, reached } = await fixture(t)
  const script = { accept: '*/*', 'sec-fetch-mode': 'cors' }
  for (const phase of Object.keys(AWAY) as ServerPhase[]) {
    to(desk, phase)
    const before = reached()
    const isRefused = AWAY[phase as keyof typeof AWAY] === 424
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const { status, body } = await visit('api/contents/a.ipynb', script, method)
      assert.equal(status, isRefused ? 424 : 200, `${phase} ${method}`)
      if (isRefused) assert.equal((JSON.parse(body) as { code: string }).code, 'server_stopped')
    }
    assert.equal(reached() - before, isRefused ? 0 : 4)
  }
})

test('[STATE-9] kernels and other sockets get 424 while it is stopped', async (t) => {
  const { desk, port, reached } = await fixture(t)
  to(desk, 'stopped')
  const { text } = await rawRequest({
    port,
    first: [
      'GET /user/%C3%A9/api/kernels/k/channels HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      '',
    ].join('\r\n'),
  })
  assert.match(text, /424 Failed Dependency[^]*server_stopped/)
  assert.equal(reached(), 0)
})

test('[STATE-9] who may not see the server is told nothing of its state', async (t) => {
  for (const [code, status] of [
    ['not_found', 404],
    ['not_signed_in', 302],
  ] as const) {
    const { desk, visit } = await fixture(t, { gate: { refuseAll: code } })
    to(desk, 'stopped')
    const away = await visit('lab')
    desk.current = { phase: 'running', since: 0 }
    const running = await visit('lab')
    assert.equal(away.status, status)
    assert.deepEqual([away.status, away.body], [running.status, running.body])
  }
})

test('[STATE-9] while it runs everything is passed on', async (t) => {
  const { visit, reached } = await fixture(t)
  assert.equal((await visit('lab')).status, 200)
  assert.equal(reached(), 1)
})
