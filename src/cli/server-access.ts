/** How commands talk to a server that runs: its address, who asks, and what went wrong in a sentence. */
import { ConfigError, EnvironmentError } from '../config/fault.ts'
import { TOKEN_VARIABLE, type Environment } from '../config/environment.ts'
import type { CommandArguments } from './arguments.ts'
import { readPeople } from './up-people.ts'

export const ACCESS_FLAGS = ['url', 'token', 'data']

export type ServerAccess = {
  /** Below which everything lives; ends with a slash. */
  readonly url: URL
  /** Undefined: as nobody in particular. */
  readonly token: string | undefined
}

const DEFAULT_URL = 'http://127.0.0.1:8890/'
/** Pages that people copy the address of. */
const PAGES = /(lab|tree|outrigger)(\/.*)?$/

/**
 * From the flags and the environment. An address as `outrigger up` prints it will do, page and token
 * included. Throws `ConfigError`.
 */
export async function serverAccess(
  given: Pick<CommandArguments, 'text'>,
  environment: Environment,
): Promise<ServerAccess> {
  const text = given.text('url') ?? DEFAULT_URL
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const fix = `Write it like ${DEFAULT_URL}, with the base URL if there is one.`
    throw new ConfigError([{ key: '--url', problem: `${text} is not the address of a server`, fix }])
  }
  const inAddress = url.searchParams.get('token')
  const path = url.pathname.replace(PAGES, '')
  const token =
    given.text('token') ?? (await ownerToken(given.text('data'))) ?? inAddress ?? environment[TOKEN_VARIABLE]
  return {
    url: new URL(path.endsWith('/') ? path : `${path}/`, url.origin),
    token: token === '' ? undefined : (token ?? undefined),
  }
}

/** Whoever may read the data folder of `outrigger up` may be its owner. */
async function ownerToken(dataDir: string | undefined): Promise<string | undefined> {
  if (dataDir === undefined) return undefined
  const people = await readPeople(dataDir)
  if (people !== undefined) return people.owner.token
  const fix = 'It is there after the first `outrigger up`; otherwise give a token with --token.'
  throw new EnvironmentError({ key: '--data', problem: `there is no up.json in ${dataDir}`, fix })
}

export type Question = {
  /** Relative to the base URL. */
  readonly path: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** The body of the answer. Throws `EnvironmentError` for a refusal, and for no answer in time. */
export async function askServer(access: ServerAccess, question: Question): Promise<string> {
  const { signal, timeoutMs } = question
  // By hand: `AbortSignal.any` leaves a trace in its sources at every call, for as long as they live.
  const limit = new AbortController()
  const onAbort = (): void => limit.abort()
  signal.addEventListener('abort', onAbort)
  const timer = setTimeout(onAbort, timeoutMs)
  if (signal.aborted) onAbort()
  try {
    return await answerOf(access, question, limit.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

async function answerOf(
  access: ServerAccess,
  { path, method, body: content }: Question,
  signal: AbortSignal,
): Promise<string> {
  const { url } = access
  try {
    const isSending = content !== undefined
    // What is meant for this server is shown to no other: no redirect is followed.
    const response = await fetch(new URL(path, url), {
      method,
      signal,
      redirect: 'manual',
      headers: { ...headersOf(access), ...(isSending ? { 'content-type': 'application/json' } : {}) },
      ...(isSending ? { body: JSON.stringify(content) } : {}),
    })
    const body = await response.text()
    if (response.ok) return body
    throw refusal(access, response.status, body)
  } catch (error) {
    if (error instanceof EnvironmentError) throw error
    const problem = `no server answers at ${url.href}`
    const fix = 'Start it with `outrigger up` or `outrigger serve`, or give its address with --url.'
    throw new EnvironmentError({ key: '--url', problem, fix }, { cause: error })
  }
}

function headersOf({ url, token }: ServerAccess): Record<string, string> {
  return {
    accept: 'application/json',
    // No page of another site asks. Where nobody signs in, that is all there is to say.
    origin: url.origin,
    ...(token === undefined ? {} : { authorization: `token ${token}` }),
  }
}

function refusal({ url, token }: ServerAccess, status: number, body: string): EnvironmentError {
  if (status === 401 || status === 403) {
    const problem =
      token === undefined ? 'this server wants to know who asks' : 'this person may not see that here'
    const fix = `Give the owner's token with --token or ${TOKEN_VARIABLE}, or with --data the data folder of \`outrigger up\`.`
    return new EnvironmentError({ key: '--token', problem, fix })
  }
  const { message } = parseObject(body)
  if (typeof message === 'string' && status !== 404) {
    const problem = `the server says: ${message.replace(/\.$/, '')}`
    return new EnvironmentError({ key: url.href, problem, fix: `The status was ${status}.` })
  }
  const problem = `there is no Outrigger of this version at ${url.href} (status ${status}), or not for this person`
  const fix = 'Give its address with --url, with the base URL of its Jupyter server if that has one.'
  return new EnvironmentError({ key: '--url', problem, fix })
}

/** Of what is no JSON object, an empty one. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
