/** The whole server with people, on a real data folder, and requests to it as each of them. */
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import type { TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { startApp } from '../../src/app.ts'
import { hashToken } from '../../src/cli/token.ts'
import { loadConfig } from '../../src/config/load.ts'
import { tempDir } from './temp-dir.ts'

/** Whoever has no entry in the configuration below is a stranger. */
const NAMES = ['ada', 'grace', 'eve', 'lin', 'sam'] as const
export type Name = (typeof NAMES)[number] | 'nobody'

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly rawHeaders: readonly string[]
  readonly text: string
  readonly json: Record<string, unknown> | undefined
}

export type ManagedApp = {
  readonly url: string
  readonly directory: string
  readonly ask: (as: Name, method: string, path: string, body?: unknown) => Promise<Answer>
  /** A plain room, as this person. */
  readonly join: (as: Name, room?: string) => WebSocket
  readonly close: () => Promise<void>
}

export type ManagedAppOptions = {
  readonly directory?: string | undefined
  readonly owner?: string | undefined
  readonly mode?: 'config' | 'open' | undefined
  /** More lines of YAML. */
  readonly more?: string | undefined
}

/** `ada` owns, or the group `lab` with `ada` and `grace`; `eve` may edit by her group, `lin` read, `sam` nothing. */
export async function managedApp(t: TestContext, options: ManagedAppOptions = {}): Promise<ManagedApp> {
  const { owner = 'user:ada', mode = 'config', more = '' } = options
  // Before the folder, so that it is closed when that is removed.
  let closing: Promise<void> | undefined
  let shutDown = (): Promise<void> => Promise.resolve()
  const close = (): Promise<void> => (closing ??= shutDown())
  t.after(close)
  const directory = options.directory ?? (await tempDir(t))
  const file = join(directory, 'team.yaml')
  const users = NAMES.map((name) => `  - name: ${name}\n    tokens: ['${hashToken(tokenOf(name))}']`)
  await writeFile(
    file,
    `auth: { mode: ${mode} }
log: { level: error }
users:
${users.join('\n')}
groups: { lab: [ada, grace], team: [eve] }
resource:
  name: lab-server
  ${mode === 'open' ? '' : `owner: ${owner}`}
  viewers:
    - group: team
    - user: lin
      access: read
${more}`,
  )
  const flags = { data: join(directory, 'data'), port: '0' }
  const { config, locate } = await loadConfig({ environment: {}, file, flags })
  const app = await startApp({ config, version: '0.0.0', locate })
  shutDown = () => app.close()
  return {
    url: app.url,
    directory,
    close,
    ask: async (as, method, path, body) => await ask(app.url, { as, method, path, body }),
    join: (as, room = 'shared') => {
      const url = `${app.url.replace('http', 'ws')}outrigger/rooms/${room}?token=${tokenOf(as)}`
      const socket = new WebSocket(url)
      socket.on('error', () => undefined)
      t.after(() => socket.terminate())
      return socket
    },
  }
}

export function tokenOf(name: Name): string {
  return `ort_${name.repeat(10)}`
}

async function ask(
  url: string,
  {
    as,
    method,
    path,
    body,
  }: { readonly as: Name; readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<Answer> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const headers = {
    // So that the answer shows whether the connection could be used again.
    connection: 'keep-alive',
    ...(as === 'nobody' ? {} : { authorization: `Bearer ${tokenOf(as)}` }),
    ...(text === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  }
  return await new Promise((resolve, reject) => {
    const request = httpRequest(
      new URL(path, `${url}outrigger/api/v1/`),
      { method, headers, agent: false },
      (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (answer += chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode: status = 0, headers, rawHeaders } = response
          const isJson = /json/.test(headers['content-type'] ?? '')
          resolve({
            status,
            headers,
            rawHeaders,
            text: answer,
            json: isJson ? JSON.parse(answer) : undefined,
          })
        })
      },
    )
    request.on('error', reject).end(text)
  })
}
