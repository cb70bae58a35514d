/** The whole server with people on a real data folder, and what browsers and programs send to it. */
import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { HttpAnswer } from './http-get.ts'
import { tempDir } from './temp-dir.ts'

/** Ada owns; eve edits by her group; lin reads; sam has nothing; max is denied. */
const NAMES = ['ada', 'eve', 'lin', 'sam', 'max'] as const

export type Call = {
  /** Whose token is sent along. */
  readonly as?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: unknown
}

export type Typist = {
  readonly doc: Y.Doc
  readonly text: Y.Text
  readonly provider: WebsocketProvider
  /** Codes and reasons of closed sockets. */
  readonly closes: string[]
}

export type TeamApp = Awaited<ReturnType<typeof teamApp>>

export function tokenOf(name: string): string {
  return `token-of-${name}`
}

export async function teamApp(
  t: TestContext,
  options: { readonly mode?: 'config' | 'open'; readonly more?: string; readonly jupyter?: string } = {},
) {
  const { mode = 'config', more = '', jupyter } = options
  let closing: Promise<void> | undefined
  let shutDown = (): Promise<void> => Promise.resolve()
  const close = (): Promise<void> => (closing ??= shutDown())
  t.after(close)
  const directory = await tempDir(t)
  const file = join(directory, 'team.yaml')
  const users = NAMES.map((name) => {
    const digest = createHash('sha256').update(tokenOf(name)).digest('hex')
    return `  - { name: ${name}, displayName: ${name.toUpperCase()}, tokens: ['sha256:${digest}'] }`
  })
  await writeFile(
    file,
    `auth: { mode: ${mode} }
server: { port: 0 }
data: { dir: ${JSON.stringify(join(directory, 'data'))} }
log: { level: error, format: json }
${jupyter === undefined ? '' : `jupyter: { url: "${jupyter}" }`}
users:
${users.join('\n')}
groups: { team: [eve] }
resource:
  name: lab
  ${mode === 'open' ? '' : 'owner: user:ada'}
  viewers:
    - { group: team }
    - { user: lin, access: read }
    - { user: max, access: none }
${more}`,
  )
  const start = async () => {
    const { config } = await loadConfig({
      environment: jupyter === undefined ? {} : { OUTRIGGER_JUPYTER_TOKEN: 'jupyter-token' },
      file,
    })
    return await startApp({ config, version: '0.0.0', environment: {} })
  }
  let app = await start()
  shutDown = () => app.close()
  const send = async (method: string, path: string, call: Call = {}): Promise<HttpAnswer> =>
    await sendTo(new URL(path, app.url), method, call)
  return {
    get url() {
      return app.url
    },
    directory,
    file,
    close,
    restart: async () => {
      await app.close()
      app = await start()
    },
    send,
    /** Of the one resource. */
    api: async (as: string, method: string, path: string, body?: unknown): Promise<HttpAnswer> =>
      await send(method, `outrigger/api/v1/resources/lab/${path}`, { as, body }),
    /** A stock client in a plain room, who shows a token or a cookie. */
    enter: (who: { readonly as?: string; readonly cookie?: string }, room = 'shared') =>
      typist(t, app.url, who, room),
  }
}

async function sendTo(url: URL, method: string, { as, headers = {}, body }: Call): Promise<HttpAnswer> {
  const isForm = typeof body === 'string'
  const text = body === undefined || isForm ? body : JSON.stringify(body)
  return await new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      {
        method,
        agent: false,
        headers: {
          ...(as === undefined ? {} : { authorization: `Bearer ${tokenOf(as)}` }),
          ...(text === undefined
            ? {}
            : {
                'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
                'content-length': String(Buffer.byteLength(text)),
              }),
          ...headers,
        },
      },
      (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (answer += chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer }),
        )
      },
    )
    request.on('error', reject).end(text)
  })
}

function typist(
  t: TestContext,
  url: string,
  { as, cookie }: { readonly as?: string; readonly cookie?: string },
  room: string,
): Typist {
  const doc = new Y.Doc()
  const closes: string[] = []
  class Socket extends WebSocket {
    constructor(address: string) {
      const { origin } = new URL(url)
      super(address, { headers: cookie === undefined ? {} : { origin, cookie } })
      this.on('close', (code, reason) => closes.push(`${code} ${String(reason)}`))
    }
  }
  const provider = new WebsocketProvider(`${url.replace('http', 'ws')}outrigger/rooms`, room, doc, {
    WebSocketPolyfill: Socket as never,
    disableBc: true,
    params: as === undefined ? {} : { token: tokenOf(as) },
  })
  t.after(() => {
    provider.destroy()
    doc.destroy()
  })
  return { doc, text: doc.getText('t'), provider, closes }
}
