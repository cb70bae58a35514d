import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { stringify } from 'yaml'
import { startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { type Answer, cookieFrom, visit } from '../http/browser.ts'
import { jwk, keyServer, rsaPair, token } from '../identity/jwt-fixture.ts'
import {
  JUPYTER_PASSWORD,
  JUPYTER_TOKEN,
  type PeopleJupyter,
  peopleJupyter,
} from '../support/people-jupyter.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

const OUR_TOKEN = 'the-sidecars-own-token-0123456789abcdef'
const BASE = '/user/pat/'
const PAIR = rsaPair('k1')
const PROXY_SECRET = 'known-to-the-proxy-alone'

type App = {
  readonly url: string
  readonly origin: string
  readonly jupyter: PeopleJupyter
  readonly open: (path: string, options?: Parameters<typeof visit>[1]) => Promise<Answer>
}

/** The whole server before a stand-in for Jupyter. */
async function app(
  t: TestContext,
  config: Record<string, unknown>,
  environment: Record<string, string> = {},
): Promise<App> {
  const folder = await tempDir(t)
  const jupyter = await peopleJupyter(t, BASE)
  jupyter.tokens.set(OUR_TOKEN, 'sidecar')
  const file = join(folder, 'config.yaml')
  const common = {
    server: { port: 0 },
    data: { dir: join(folder, 'data'), fsync: 'never' },
    log: { level: 'error', format: 'json' },
    jupyter: { url: jupyter.url },
  }
  await writeFile(file, stringify({ ...common, ...config }))
  const loaded = await loadConfig({
    environment: { OUTRIGGER_JUPYTER_TOKEN: OUR_TOKEN, ...environment },
    file,
  })
  const running = await startApp({ config: loaded.config, version: '0.0.0-test', environment: {} })
  t.after(() => running.close())
  const { origin } = new URL(running.url)
  return {
    url: running.url,
    origin,
    jupyter,
    open: (path, options) => visit(`${origin}${path}`, options),
  }
}

type Echo = { readonly user: string; readonly path: string; readonly headers: Record<string, string> }
const echo = ({ body }: Answer): Echo => JSON.parse(body) as Echo

test('[ACCESS-96] a person signs in at Jupyter through us, and is nobody before', async (t) => {
  const { open, origin } = await app(t, { auth: { sources: ['jupyter'] } })
  const first = await open(`${BASE}lab/tree/a.ipynb`)
  assert.deepEqual(
    [first.status, first.headers.location],
    [302, `${BASE}login?next=${encodeURIComponent(`${BASE}lab/tree/a.ipynb`)}`],
  )
  const login = first.headers.location ?? ''
  assert.match((await open(login)).body, /Password/)
  const form = { password: JUPYTER_PASSWORD }
  const foreign = await open(login, { method: 'POST', form, headers: { origin: 'https://evil.example' } })
  assert.ok(foreign.status === 401 || foreign.status === 403, String(foreign.status))
  assert.equal(foreign.headers['set-cookie'], undefined)
  const wrong = await open(login, { method: 'POST', form: { password: 'x' }, headers: { origin } })
  assert.deepEqual([wrong.status, wrong.headers['set-cookie']], [401, undefined])
  const signedIn = await open(login, { method: 'POST', form, headers: { origin } })
  assert.deepEqual([signedIn.status, signedIn.headers.location], [302, `${BASE}lab/tree/a.ipynb`])
  const headers = { cookie: cookieFrom(signedIn) }
  assert.equal((await open(`${BASE}lab/tree/a.ipynb`, { headers })).status, 200)
  const me = JSON.parse((await open(`${BASE}api/me`, { headers })).body) as { identity: { username: string } }
  assert.equal(me.identity.username, 'pat')
})

test('[ACCESS-96] what needs nobody’s leave gets no token, and nothing else is open', async (t) => {
  const { open, jupyter, origin } = await app(t, { auth: { sources: ['jupyter'] } })
  const headers = { authorization: 'token whatever' }
  for (const path of ['static/style/x.css', 'login', 'logout']) {
    const before = jupyter.requests.length
    assert.equal((await open(`${BASE}${path}`, { headers })).status, 200, path)
    const passed = jupyter.requests.slice(before).find(({ url }) => url === `${BASE}${path}`)
    assert.equal(passed?.headers.authorization, undefined, path)
  }
  const calls = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
  for (const path of [
    'loginx',
    'login/x',
    'static/../api/status',
    'static/%2e%2e/api/status',
    'api/status',
    'custom/x',
    'logout/x',
    'Login',
    'static',
  ]) {
    const answer = await open(`${BASE}${path}`, { headers: calls })
    assert.ok([400, 401].includes(answer.status), `${path}: ${answer.status}`)
  }
  const post = await open(`${BASE}logout`, { method: 'POST', headers: { origin, ...calls } })
  assert.equal(post.status, 401)
})

test('[ACCESS-95] whom Jupyter knows goes to it as itself, and never with our token', async (t) => {
  const { open, jupyter } = await app(t, { auth: { sources: ['jupyter'] } })
  const link = await open(`${BASE}lab?reset&token=${JUPYTER_TOKEN}`)
  assert.deepEqual([link.status, link.headers.location], [302, `${BASE}lab?reset`])
  const headers = { cookie: `${cookieFrom(link)}; other=1; outrigger-session=x` }
  const byCookie = echo(await open(`${BASE}api/contents/a`, { headers }))
  assert.match(byCookie.user, /^anonymous-/)
  assert.equal(byCookie.headers['authorization'], undefined)
  assert.equal(byCookie.headers['cookie'], `username-127-0-0-1-${jupyter.port}=c-${byCookie.user}; other=1`)
  const both = { ...headers, authorization: `Bearer ${JUPYTER_TOKEN}` }
  const byToken = echo(await open(`${BASE}api/contents/a`, { headers: both }))
  assert.equal(byToken.headers['authorization'], `token ${JUPYTER_TOKEN}`)
  assert.equal(byToken.headers['cookie'], 'other=1')
  const inAddress = await open(`${BASE}api/contents/a?token=${JUPYTER_TOKEN}`, {
    headers: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
  })
  assert.equal(echo(inAddress).headers['authorization'], `token ${JUPYTER_TOKEN}`)
  for (const { url, headers: sent } of jupyter.requests) {
    assert.ok(!url?.includes('token='), url)
    if (sent.cookie !== undefined) assert.notEqual(sent.authorization, `token ${OUR_TOKEN}`)
  }
})

test('[ACCESS-98] a sign-out at Jupyter ends what that browser has open, and nothing of others', async (t) => {
  const { open, jupyter, url, origin } = await app(t, { auth: { sources: ['jupyter'] } })
  const join = async (user: string): Promise<WebSocket> => {
    jupyter.cookies.set(`c-${user}`, user)
    const cookie = `username-127-0-0-1-${jupyter.port}=c-${user}`
    const socket = new WebSocket(`${url.replace('http', 'ws')}outrigger/rooms/r`, {
      headers: { cookie, origin },
    })
    await once(socket, 'open')
    return socket
  }
  const [pat, lin] = [await join('pat'), await join('lin')]
  let code = 0
  pat.on('close', (closeCode) => (code = closeCode))
  const headers = { cookie: `username-127-0-0-1-${jupyter.port}=c-pat` }
  assert.equal((await open(`${BASE}logout`, { headers })).status, 200)
  await until(() => code !== 0)
  assert.equal(code, 4401)
  assert.equal(lin.readyState, WebSocket.OPEN)
  lin.close()
})

test('[ACCESS-80] users and Jupyter side by side: one page for both, one way out', async (t) => {
  const digest = 'sha256:d2f5f2c05c8b3b1bf35e4e8a6d8a3be0f3b4d5a6b7c8d9e0f1a2b3c4d5e6f708'
  const { open, jupyter } = await app(t, {
    auth: { sources: ['users', 'jupyter'] },
    users: [{ name: 'ada', tokens: [digest] }],
    resource: { owner: 'user:ada' },
  })
  const page = await open((await open(`${BASE}lab`)).headers.location ?? '')
  assert.match(page.body, /name="token"/)
  assert.match(page.body, /href="\/user\/pat\/login\?next=%2Fuser%2Fpat%2Flab"/)
  jupyter.cookies.set('c-pat', 'pat')
  const name = `username-127-0-0-1-${jupyter.port}`
  const out = await open(`${BASE}logout`, { headers: { cookie: `${name}=c-pat` } })
  assert.ok(out.headers['set-cookie']?.includes(`${name}=; Path=${BASE}; Max-Age=0; HttpOnly`))
})

test('[ACCESS-92] a platform’s cookie and header stay here; Jupyter gets our token', async (t) => {
  const { url } = await keyServer(t, [jwk(PAIR)])
  const { open } = await app(t, {
    auth: { sources: ['jwt'], signInUrl: 'https://platform.example.org/login?app=1' },
    jwt: {
      jwksUrl: url,
      issuer: 'https://id.example.org/',
      audience: 'outrigger',
      cookie: 'platform',
      isInAddress: true,
      header: 'X-Platform-Jwt',
    },
    resource: { owner: 'user:ada' },
  })
  const visitor = await open(`${BASE}lab?x=1`)
  assert.equal(visitor.status, 302)
  const to = new URL(visitor.headers.location ?? '')
  assert.equal(to.origin + to.pathname, 'https://platform.example.org/login')
  assert.match(to.searchParams.get('next') ?? '', /^http:\/\/127\.0\.0\.1:\d+\/user\/pat\/lab\?x=1$/)
  const text = await token(PAIR)
  const headers = { cookie: `a=1; platform=${text}; username-x=y`, 'x-platform-jwt': text }
  const seen = echo(await open(`${BASE}api/contents/a`, { headers }))
  assert.deepEqual([seen.headers['cookie'], seen.headers['x-platform-jwt']], ['a=1', undefined])
  assert.equal(seen.headers['authorization'], `token ${OUR_TOKEN}`)
  assert.ok(!JSON.stringify(seen).includes(text))
  // [ACCESS-86] through the whole server.
  const exchanged = await open(`${BASE}lab?token=${text}`)
  assert.deepEqual([exchanged.status, exchanged.headers.location], [302, `${BASE}lab`])
  const session = { cookie: cookieFrom(exchanged) }
  assert.equal((await open(`${BASE}lab`, { headers: session })).status, 200)
  const out = await open(`${BASE}logout`, { headers: session })
  assert.match(out.headers['set-cookie']?.join() ?? '', /outrigger-session-\d+=; .*Max-Age=0/)
  const wrong = await open(`${BASE}lab?token=wrong`)
  assert.deepEqual([wrong.status, wrong.headers.location], [302, `${BASE}lab`])
})

test('[ACCESS-92] a proxy’s headers and its secret stay here', async (t) => {
  const { open, origin } = await app(
    t,
    {
      auth: { sources: ['headers'] },
      headers: { trustedProxies: ['127.0.0.1'], user: 'Remote-Person', groups: 'Remote-Teams' },
      resource: { owner: 'group:lab' },
    },
    { OUTRIGGER_HEADERS_SECRET: PROXY_SECRET },
  )
  const headers = {
    'remote-person': 'zoe',
    'remote-teams': 'lab',
    'x-outrigger-secret': PROXY_SECRET,
    origin,
  }
  const seen = echo(await open(`${BASE}api/contents/a`, { headers }))
  for (const name of Object.keys(headers)) {
    if (name !== 'origin') assert.equal(seen.headers[name], undefined, name)
  }
  assert.equal(seen.headers['authorization'], `token ${OUR_TOKEN}`)
  // Nowhere to sign in: the page says so itself.
  const visitor = await open(`${BASE}lab`)
  assert.deepEqual([visitor.status, visitor.headers.location], [401, undefined])
})

test('a file without keys ends the start with a sentence', async (t) => {
  const file = join(await tempDir(t), 'keys')
  await writeFile(file, 'nothing')
  const config = {
    auth: { sources: ['jwt'] },
    jwt: { keyFile: file, issuer: 'x', audience: 'y' },
    resource: { owner: 'user:ada' },
  }
  await assert.rejects(app(t, config), /jwt\.keyFile: the file .* holds no keys/)
})
