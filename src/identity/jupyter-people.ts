/**
 * Jupyter's own knowledge of people: `GET api/me` (jupyter_server 2), asked with what the caller
 * showed. Answers are kept for a few seconds, and asked for once at a time.
 */
import { createHash } from 'node:crypto'
import type { Access, Identified } from '../access/model.ts'
import { type JsonAnswer, getJson } from '../lib/get-json.ts'
import { SyncError } from '../protocol/errors.ts'
import { foreignPerson } from './foreign-person.ts'
import type { Lease } from './lease.ts'

/** What a caller shows to Jupyter: a token, or the cookies of a browser. */
export type JupyterCredential =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'cookies'; readonly header: string }

export type JupyterPeopleOptions = {
  /** Jupyter's address; ends with a slash. */
  readonly url: string
  /** Somebody is named as owner; then whoever may stop the server is not one yet. */
  readonly hasOwner: boolean
  readonly timeoutMs: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** An answer older than this is asked for again. */
const FRESH_MS = 10_000
/** While Jupyter does not answer, whom it knew this long ago may come in, to rooms at least. */
const GRACE_MS = 60_000
const MAX_ENTRIES = 5_000
const MAX_ANSWER_BYTES = 64 * 1024
const ASKED = JSON.stringify({
  contents: ['read', 'write'],
  kernels: ['execute'],
  server: ['write'],
})

type Entry = {
  readonly credential: JupyterCredential
  readonly lease: Lease
  /** The first answer decides who it is: to a bare token Jupyter gives another name each time. */
  person: Identified | undefined
  answeredAt: number
  asking: Promise<Identified | undefined> | undefined
  isOver: boolean
}

export class JupyterPeople {
  readonly #options: JupyterPeopleOptions
  readonly #entries = new Map<string, Entry>()

  constructor(options: JupyterPeopleOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  /** Undefined when Jupyter does not know the caller. Throws `SyncError` when it does not answer. */
  async find(
    credential: JupyterCredential,
  ): Promise<{ readonly person: Identified; readonly lease: Lease } | undefined> {
    const entry = this.#entry(credential)
    const ageMs = this.#options.now() - entry.answeredAt
    const person = ageMs < FRESH_MS ? entry.person : await this.#askOrRemember(entry, ageMs)
    return person && { person, lease: entry.lease }
  }

  /**
   * The `Set-Cookie` values that Jupyter hands out with its answer to a token; undefined when it does
   * not know it. With the browser's cookies it takes it for the person that it was before.
   */
  async cookiesFor(token: string, browserCookies: string): Promise<readonly string[] | undefined> {
    const answer = await this.#me('', {
      ...headersOf({ kind: 'token', token }),
      ...(browserCookies === '' ? {} : { cookie: browserCookies }),
    })
    return answer && (answer.headers['set-cookie'] ?? [])
  }

  /** The caller signs out; what was opened with this credential ends when it is asked about next. */
  forget(credential: JupyterCredential): void {
    const key = keyOf(credential)
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.isOver = true
    this.#entries.delete(key)
  }

  #entry(credential: JupyterCredential): Entry {
    const key = keyOf(credential)
    const entry = this.#entries.get(key) ?? this.#newEntry(credential)
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest)
    return entry
  }

  #newEntry(credential: JupyterCredential): Entry {
    const entry: Entry = {
      credential,
      lease: { renew: async () => (entry.isOver ? undefined : await this.#ask(entry)) },
      person: undefined,
      answeredAt: Number.NEGATIVE_INFINITY,
      asking: undefined,
      isOver: false,
    }
    return entry
  }

  async #askOrRemember(entry: Entry, ageMs: number): Promise<Identified | undefined> {
    try {
      return await this.#ask(entry)
    } catch (error) {
      if (entry.person === undefined || ageMs > GRACE_MS) throw error
      return entry.person
    }
  }

  #ask(entry: Entry): Promise<Identified | undefined> {
    entry.asking ??= this.#askOnce(entry).finally(() => (entry.asking = undefined))
    return entry.asking
  }

  async #askOnce(entry: Entry): Promise<Identified | undefined> {
    const now = await this.#question(entry.credential)
    entry.person = now && { ...now, principal: entry.person?.principal ?? now.principal }
    entry.answeredAt = this.#options.now()
    return entry.person
  }

  async #question(credential: JupyterCredential): Promise<Identified | undefined> {
    const query = `?permissions=${encodeURIComponent(ASKED)}`
    const answer = await this.#me(query, headersOf(credential))
    return answer && personIn(answer.body, this.#options.hasOwner)
  }

  /** Undefined when Jupyter does not know the caller. */
  async #me(query: string, headers: Readonly<Record<string, string>>): Promise<JsonAnswer | undefined> {
    const { url, timeoutMs } = this.#options
    const question = { headers, timeoutMs, maxBytes: MAX_ANSWER_BYTES }
    const answer = await getJson(`${url}api/me${query}`, question).catch((cause: unknown) => {
      throw new SyncError('jupyter_unreachable', undefined, { cause })
    })
    const { status } = answer
    if (status === 200) return answer
    // A redirect leads to a sign-in page.
    if (status === 401 || status === 403 || (status >= 300 && status < 400)) return undefined
    throw new SyncError('jupyter_unreachable', undefined, {
      cause: new Error(`Jupyter's api/me was answered with HTTP ${status}`),
    })
  }
}

/** As `Authorization` or `Cookie`, to Jupyter and nobody else. */
function headersOf(credential: JupyterCredential): Readonly<Record<string, string>> {
  return credential.kind === 'token'
    ? { authorization: `token ${credential.token}` }
    : { cookie: credential.header }
}

/** The credential itself is nowhere in memory longer than something is open with it. */
function keyOf(credential: JupyterCredential): string {
  return createHash('sha256')
    .update(JSON.stringify(headersOf(credential)))
    .digest('base64')
}

function personIn(body: unknown, hasOwner: boolean): Identified | undefined {
  if (!isRecord(body) || !isRecord(body['identity'])) return undefined
  const { username, name, display_name: displayName, initials, color } = body['identity']
  if (typeof username !== 'string') return undefined
  const principal = foreignPerson({
    id: username,
    displayName: textOf(displayName) ?? textOf(name),
    initials: textOf(initials),
    color: textOf(color),
  })
  return principal && { principal, granted: accessIn(body['permissions'], hasOwner) }
}

/** Jupyter's permissions in our words. Who may write but not run only reads: a notebook is both. */
function accessIn(permissions: unknown, hasOwner: boolean): Access {
  const may = (resource: string, action: string): boolean => {
    const actions = isRecord(permissions) ? permissions[resource] : undefined
    return Array.isArray(actions) && actions.includes(action)
  }
  const mayEdit = may('contents', 'write') && may('kernels', 'execute')
  if (mayEdit && may('server', 'write') && !hasOwner) return 'manage'
  if (mayEdit) return 'edit'
  return may('contents', 'read') ? 'read' : 'none'
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
