/**
 * A stand-in for a Jupyter server with a sign-in of its own, as jupyter_server 2 behaves: a token
 * makes whoever shows it somebody, by a cookie for the host that it was asked under; the form takes
 * a password; `api/me` says who and what.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { type UpstreamServer, upstreamServer } from './upstream-server.ts'

export const JUPYTER_TOKEN = 'jupyters-own-token-0123456789abcdef'
export const JUPYTER_PASSWORD = 'open-sesame'
const EVERYTHING = { contents: ['read', 'write'], kernels: ['execute'], server: ['write'] }

export type PeopleJupyter = UpstreamServer & {
  readonly url: string
  /** By user name; whoever is not here may do everything. */
  readonly permissions: Map<string, Record<string, readonly string[]>>
  /** Tokens that are taken, with whom they stand for; undefined makes up somebody each time. */
  readonly tokens: Map<string, string | undefined>
  /** Cookies that are taken. */
  readonly cookies: Map<string, string>
  /** `api/me` is answered with this status. */
  failing: number | undefined
  /** Answers wait for it. */
  held: Promise<void> | undefined
  /** How often `api/me` was asked. */
  asked: number
}

export async function peopleJupyter(t: TestContext, basePath = '/'): Promise<PeopleJupyter> {
  let anonymous = 0
  const state = {
    permissions: new Map<string, Record<string, readonly string[]>>(),
    tokens: new Map<string, string | undefined>([[JUPYTER_TOKEN, undefined]]),
    cookies: new Map<string, string>(),
    failing: undefined as number | undefined,
    held: undefined as Promise<void> | undefined,
    asked: 0,
  }

  const signIn = (request: IncomingMessage, response: ServerResponse, user: string): void => {
    const value = `c-${user}`
    state.cookies.set(value, user)
    response.setHeader('set-cookie', `${cookieName(request)}=${value}; HttpOnly; Path=${basePath}`)
  }

  const userOf = (request: IncomingMessage, response: ServerResponse): string | undefined => {
    const cookie = cookiesOf(request).get(cookieName(request))
    const byCookie = cookie === undefined ? undefined : state.cookies.get(cookie)
    const token = /^(?:token|bearer) (.*)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined || !state.tokens.has(token)) return byCookie
    const user = state.tokens.get(token) ?? byCookie ?? `anonymous-${(anonymous += 1)}`
    if (user !== byCookie) signIn(request, response, user)
    return user
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'http://jupyter')
    const path = url.pathname.slice(basePath.length)
    if (path === 'login' && request.method === 'POST') {
      const form = new URLSearchParams(await bodyOf(request))
      if (form.get('password') !== JUPYTER_PASSWORD) return void response.writeHead(401).end('wrong')
      signIn(request, response, 'pat')
      return void response.writeHead(302, { location: url.searchParams.get('next') ?? basePath }).end()
    }
    if (path === 'login') return void response.end('<form>Password</form>')
    if (path === 'logout') {
      response.setHeader('set-cookie', `${cookieName(request)}=; Max-Age=0; Path=${basePath}`)
      return void response.end('signed out')
    }
    const user = userOf(request, response)
    if (path === 'api/me') {
      state.asked += 1
      await state.held
      if (state.failing !== undefined) return void response.writeHead(state.failing).end()
    }
    if (user === undefined && path.startsWith('api/')) return void response.writeHead(403).end('{}')
    if (path === 'api/me') {
      const identity = {
        username: user,
        name: user,
        display_name: `The ${user}`,
        initials: null,
        color: null,
      }
      const permissions = state.permissions.get(user ?? '') ?? EVERYTHING
      return void response.end(JSON.stringify({ identity, permissions }))
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ user, path, headers: request.headers }))
  }

  const server = await upstreamServer(t, {
    onRequest: (request, response) => {
      answer(request, response).catch(() => response.destroy())
    },
  })
  return Object.assign(state, server, { url: `http://127.0.0.1:${server.port}${basePath}` })
}

/** jupyter_server 2 names its cookie after the host that it was asked under. */
function cookieName(request: IncomingMessage): string {
  return `username-${(request.headers.host ?? '').replaceAll(/[^a-z0-9]/gi, '-')}`
}

function cookiesOf(request: IncomingMessage): ReadonlyMap<string, string> {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='))
  return new Map(pairs.map(([name = '', value = '']) => [name, value]))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
