import { createHash } from 'node:crypto'
import { type IncomingMessage, createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { TestContext } from 'node:test'
import type { Action, Resource } from '../../src/access/model.ts'
import type { Admission, Gate } from '../../src/identity/gate.ts'
import { LiveResource } from '../../src/identity/live-resource.ts'
import { type UsersOptions, openIdentity, usersIdentity } from '../../src/identity/identity.ts'

export const SECRET = Buffer.alloc(32, 7)
export const ALLOWED = 'https://app.example.org'

/** Ada owns, Grace's group edits, Lin reads, Sam has no grant. Everybody's token is `<name>-token`. */
export const USERS = ['ada', 'grace', 'lin', 'sam'].map((name) => ({
  name,
  tokens: [hashToken(`${name}-token`)],
}))
export const GROUPS = { lab: ['grace'] }
export const RESOURCE: Resource = {
  name: 'jupyter',
  owner: 'user:ada',
  viewers: [
    { subject: 'group:lab', access: 'edit' },
    { subject: 'user:lin', access: 'read' },
  ],
}

export function hashToken(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`
}

export function usersOptions(options: Partial<UsersOptions> = {}): UsersOptions {
  return {
    users: USERS,
    resource: new LiveResource({ resource: RESOURCE, groups: GROUPS }),
    allowedOrigins: [ALLOWED],
    baseUrl: '/',
    sessionMs: 60_000,
    secret: SECRET,
    ...options,
  }
}

export function openGate(): Gate {
  return openIdentity({ allowedOrigins: [ALLOWED], baseUrl: '/', sessionMs: 60_000, secret: SECRET }).gate
}

export function usersGate(options: Partial<UsersOptions> = {}): Gate {
  return usersIdentity(usersOptions(options)).gate
}

export type Ask = {
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly action?: Action | undefined
  readonly isUpgrade?: boolean | undefined
}

export type GateServer = {
  readonly port: number
  readonly origin: string
  /** Asks the gate by a real request or upgrade, and returns what it said. */
  ask(ask?: Ask): Promise<Admission>
  /** The same as a word: the error code, or `ok NAME ACCESS SOURCE`. */
  say(ask?: Ask): Promise<string>
  /** Sends these bytes. */
  raw(head: string): Promise<string>
}

/** A real HTTP server that answers everything with what the gate says about it. */
export async function gateServer(t: TestContext, gate: Gate): Promise<GateServer> {
  const answer = async (request: IncomingMessage): Promise<string> => {
    const action = (request.headers['x-action'] ?? 'page.open') as Action
    return JSON.stringify(await gate.admit(request, action))
  }
  const server = createServer((request, response) => {
    void answer(request).then((body) => response.end(body))
  })
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => socket.destroy())
    void answer(request).then((body) =>
      socket.end(`HTTP/1.1 403 Told\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const ask = async (one: Ask = {}): Promise<Admission> => JSON.parse(await send(port, one)) as Admission
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    ask,
    say: async (one) => {
      const admission = await ask(one)
      if (!admission.ok) return admission.code
      return `ok ${admission.principal.id} ${admission.access} ${admission.source}`
    },
    raw: async (head) => await rawAnswer(port, head),
  }
}

async function send(port: number, ask: Ask): Promise<string> {
  const { method = 'GET', path = '/', headers = {}, action = 'page.open', isUpgrade = false } = ask
  const upgrade = isUpgrade
    ? {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      }
    : {}
  return await new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: { 'x-action': action, ...upgrade, ...headers },
    }
    const request = httpRequest(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve(text))
    })
    request.on('error', reject)
    request.end()
  })
}

async function rawAnswer(port: number, head: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(head))
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => (text += chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}
