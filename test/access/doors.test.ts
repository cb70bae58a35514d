/** Every door of a running server, tried by every kind of caller. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { decide } from '../../src/access/decide.ts'
import type { Access, Action, Decision } from '../../src/access/model.ts'
import { startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { person } from '../support/room-client.ts'
import { tempDir } from '../support/temp-dir.ts'
import { upstreamServer } from '../support/upstream-server.ts'
import { CATCH_ALL, type Door, PASSED_ON, ROUTES, SOCKETS } from './doors-table.ts'

const BASE = '/user/lab/'
const UPSTREAM_TOKEN = 'token-of-jupyter'

/** Who comes, and what that person has: by being the owner, by a group, by a grant, or not at all. */
const CALLERS = {
  anonymous: { token: undefined, access: 'none' },
  stranger: { token: 'sam', access: 'none' },
  denied: { token: 'max', access: 'none' },
  reader: { token: 'lin', access: 'read' },
  editor: { token: 'eve', access: 'edit' },
  'editor by group': { token: 'gus', access: 'edit' },
  owner: { token: 'ada', access: 'manage' },
} as const satisfies Record<string, { token: string | undefined; access: Access }>
type Caller = keyof typeof CALLERS
const ALL = Object.keys(CALLERS) as Caller[]

type Answer = { readonly status: number; readonly body: string; readonly headers: string }

type Doors = {
  readonly port: number
  readonly routes: readonly string[]
  readonly passedOn: () => number
  readonly fill: (path: string) => string
}

async function openDoors(t: TestContext): Promise<Doors> {
  const directory = await tempDir(t)
  const upstream = await upstreamServer(t, {
    onRequest: (request, response) => {
      request.resume()
      request.on('end', () => answerAsJupyter(request.url ?? '', response))
    },
  })
  const routes: string[] = []
  const onServer = (message: unknown): void => {
    const { fastify } = message as { fastify: { addHook: (name: 'onRoute', hook: OnRoute) => void } }
    fastify.addHook('onRoute', ({ method, url }) => void routes.push(`${[method].flat().join('|')} ${url}`))
  }
  diagnostics.subscribe('fastify.initialization', onServer)
  const file = join(directory, 'config.yaml')
  await writeFile(file, configText(directory, upstream.port))
  const { config } = await loadConfig({
    environment: { OUTRIGGER_JUPYTER_TOKEN: UPSTREAM_TOKEN },
    file,
  })
  const app = await startApp({ config, version: 'test' })
  diagnostics.unsubscribe('fastify.initialization', onServer)
  t.after(() => app.close())
  const port = Number(new URL(app.url).port)
  const session = await ask(port, 'owner', 'PUT', 'api/collaboration/session/note.txt', {
    format: 'text',
    type: 'file',
  })
  const { fileId, sessionId } = JSON.parse(session.body) as { fileId: string; sessionId: string }
  const fill = (path: string): string => path.replace('FILE_ID', fileId).replace('SESSION', sessionId)
  return { port, routes, passedOn: () => upstream.requests.length, fill }
}

type OnRoute = (route: { method: string | string[]; url: string }) => void

function configText(directory: string, upstreamPort: number): string {
  const users = ['sam', 'max', 'lin', 'eve', 'gus', 'ada'].map((name) => {
    const digest = createHash('sha256').update(name).digest('hex')
    return `  - { name: ${name}, tokens: ["sha256:${digest}"] }`
  })
  return `
server: { port: 0, allowedOrigins: [https://app.example.org] }
data: { dir: ${JSON.stringify(join(directory, 'data'))} }
log: { level: error, format: json }
jupyter: { url: "http://127.0.0.1:${upstreamPort}${BASE}" }
users:
${users.join('\n')}
groups: { crew: [gus, max] }
resource:
  owner: user:ada
  viewers:
    - { user: lin, access: read }
    - { user: eve, access: edit }
    - { group: crew, access: edit }
    - { user: max, access: none }
`
}

const NOTE = {
  name: 'note.txt',
  path: 'note.txt',
  type: 'file',
  format: 'text',
  mimetype: 'text/plain',
  writable: true,
  created: '2026-01-01T00:00:00Z',
  last_modified: '2026-01-01T00:00:00Z',
  size: 4,
  hash: createHash('sha256').update('note').digest('hex'),
  hash_algorithm: 'sha256',
}

function answerAsJupyter(url: string, response: { end: (body: string) => unknown }): void {
  const isNote = url.includes('/api/contents/note.txt')
  const content = url.includes('content=0') ? null : 'note'
  response.end(JSON.stringify(isNote ? { ...NOTE, content } : {}))
}

async function ask(
  port: number,
  caller: Caller,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  // Forms are taken from our own pages only.
  const headers = { origin: `http://127.0.0.1:${port}` }
  return send({ port, caller, method, path, headers, body })
}

async function knock(port: number, caller: Caller, path: string): Promise<Answer> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  return send({ port, caller, method: 'GET', path, headers })
}

type Request = {
  readonly port: number
  readonly caller: Caller
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

async function send({ port, caller, method, path, headers, body }: Request): Promise<Answer> {
  const { token } = CALLERS[caller]
  const text = body === undefined ? undefined : JSON.stringify(body)
  const all = {
    ...(token === undefined ? {} : { authorization: `token ${token}` }),
    ...(text === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  }
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path: BASE + path, headers: all, agent: false }
    const request = httpRequest(options, (response) => {
      let answer = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (answer += chunk))
      response.on('end', () => {
        const names = response.rawHeaders.flatMap((name, at) =>
          at % 2 === 0 && name.toLowerCase() !== 'date' ? [`${name}: ${response.rawHeaders[at + 1]}`] : [],
        )
        resolve({ status: response.statusCode ?? 0, body: answer, headers: names.join('\n') })
      })
    })
    request.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, body: '', headers: '' })
    })
    request.on('error', reject)
    request.end(text)
  })
}

function decisionFor(caller: Caller, action: Action | 'public'): Decision {
  if (action === 'public') return 'allow'
  const { token, access } = CALLERS[caller]
  return decide({ principal: token === undefined ? undefined : person(token), access }, action)
}

const STATUS: Record<Exclude<Decision, 'allow'>, number> = {
  'sign-in': 401,
  hide: 404,
  forbid: 403,
  'owner-immutable': 409,
  malformed: 400,
}

/** What is wrong with an answer; empty when nothing is. */
function faultOf(
  decision: Decision,
  answer: Answer,
  missing: Answer,
  answers: readonly number[] = [],
): string {
  const { status } = answer
  if (decision === 'allow') {
    const isFine = status < 300 || answers.includes(status)
    return isFine ? '' : `should be let in, is answered ${status} ${answer.body.slice(0, 200)}`
  }
  if (status !== STATUS[decision]) return `should be answered ${STATUS[decision]} (${decision}), is ${status}`
  const isHidden = decision === 'hide'
  const isSame = answer.body === missing.body && answer.headers === missing.headers
  return isHidden && !isSame ? `is not answered as a missing thing is: ${answer.headers} ${answer.body}` : ''
}

test('[ACCESS-2] every route that is registered is in the table of doors, and nothing else', async (t) => {
  const { routes } = await openDoors(t)
  const found = routes
    .filter((route) => !route.startsWith('HEAD ') && route.includes(' /'))
    .map((route) => route.replace(` ${BASE.slice(0, -1)}`, ' '))
  const listed = found.filter((route) => !CATCH_ALL.some((pattern) => route.endsWith(` ${pattern}`)))
  assert.deepEqual([...new Set(listed)].toSorted(), Object.keys(ROUTES).toSorted())
})

test('[ACCESS-2] every route lets in whom the decision table lets in, and nobody else', async (t) => {
  const { port } = await openDoors(t)
  const faults: string[] = []
  for (const caller of ALL) {
    for (const [route, { action, path, body, answers }] of Object.entries(ROUTES)) {
      const [method = ''] = route.split(' ')
      const missing = await ask(port, caller, method, 'outrigger/nothing', body)
      const answer = await ask(port, caller, method, path, body)
      const fault = faultOf(decisionFor(caller, action), answer, missing, answers)
      if (fault !== '') faults.push(`${caller}: ${route} ${fault}`)
    }
  }
  assert.deepEqual(faults, [])
})

test('[ACCESS-2] what is passed on to Jupyter is passed on for those whom the table lets in', async (t) => {
  const { port, passedOn } = await openDoors(t)
  const faults: string[] = []
  for (const caller of ALL) {
    for (const [method, path, action] of PASSED_ON) {
      const missing = await ask(port, caller, method, 'outrigger/nothing')
      const before = passedOn()
      const answer = await ask(port, caller, method, path)
      const decision = decisionFor(caller, action)
      const isHead = method === 'HEAD'
      const fault = faultOf(
        isHead && decision === 'hide' ? 'hide' : decision,
        answer,
        isHead ? answer : missing,
      )
      if (fault !== '') faults.push(`${caller}: ${method} ${path} ${fault}`)
      // The file binding asks by itself too, but only of files.
      const isPassedOn = passedOn() > before
      if (!isPassedOn && decision === 'allow')
        faults.push(`${caller}: ${method} ${path} never reached Jupyter`)
    }
  }
  assert.deepEqual(faults, [])
})

test('[ACCESS-2] every websocket lets in whom the decision table lets in, and nobody else', async (t) => {
  const { port, fill } = await openDoors(t)
  const faults: string[] = []
  for (const caller of ALL) {
    for (const [name, { action, path }] of Object.entries(SOCKETS) as [string, Door][]) {
      const { status } = await knock(port, caller, fill(path))
      const decision = decisionFor(caller, action)
      const expected = decision === 'allow' ? 101 : STATUS[decision]
      // What no route leads to is nothing for everybody.
      const isNothing = action === 'request.unrouted' && status === 404
      if (status !== expected && !isNothing) faults.push(`${caller}: ${name} ${status}, not ${expected}`)
    }
  }
  assert.deepEqual(faults, [])
})

test('a browser, which cannot see a status, is told by a close code why it may not be in a room', async (t) => {
  const { port, fill } = await openDoors(t)
  const rooms = Object.values(SOCKETS).filter(({ action }) => action === 'room.join')
  for (const [caller, plainCode, jupyterCode] of [
    ['anonymous', 4401, 4400],
    ['stranger', 4404, 4404],
    ['denied', 4404, 4404],
  ] as const) {
    for (const { path } of rooms) {
      const { token } = CALLERS[caller]
      const headers = token === undefined ? {} : { authorization: `token ${token}` }
      const origin = `http://127.0.0.1:${port}`
      const socket = new WebSocket(`ws://127.0.0.1:${port}${BASE}${fill(path)}`, { origin, headers })
      const [code] = (await once(socket, 'close')) as [number]
      // Whoever has a session was let in once: JupyterLab then shows what a dialog says.
      const expected = path.includes('SESSION') ? 1003 : path.startsWith('api/') ? jupyterCode : plainCode
      assert.equal(code, expected, `${caller} ${path}`)
    }
  }
})
