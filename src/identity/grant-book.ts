/**
 * All grants of a resource: those of the configuration, which only the configuration changes, and
 * those that managers add while the server runs.
 *
 * A change is durable first and counts then, for everybody who is inside as well. Changes are made
 * one after the other, so each is decided on what is really there.
 */
import { randomBytes } from 'node:crypto'
import type { AuditEvent, AuditLog } from '../access/audit.ts'
import { isOver } from '../access/decide.ts'
import type { Grant, Subject } from '../access/model.ts'
import type { GrantChange, GrantStore, StoredGrant } from '../store/grants.ts'
import type { LiveResource } from './live-resource.ts'

/** A grant, and where it comes from. */
export type GrantEntry = Grant & {
  readonly id: string
  readonly origin: 'config' | 'api'
  /** Of a declared one: the file and line, the variable or the command. */
  readonly declaredAt?: string | undefined
  /** Of an added one. */
  readonly addedBy?: string | undefined
  /** Milliseconds since the epoch. */
  readonly addedAt?: number | undefined
}

/** Who asked for a change. */
export type Actor = { readonly id: string; readonly address: string }

export type GrantBookOptions = {
  readonly live: LiveResource
  readonly store: GrantStore
  readonly audit: AuditLog
  /** Grants that may be there at once, beside the declared ones. */
  readonly maxGrants: number
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
}

export type WantedGrant = Pick<Grant, 'subject' | 'access' | 'expiresAt'>
/** `expiresAt: null` makes it last. */
export type GrantEdit = {
  readonly access?: Grant['access'] | undefined
  readonly expiresAt?: number | null | undefined
}

/** So long a grant that is over can still be seen, and be made to last again. */
const OVER_KEPT_MS = 7 * 24 * 3600_000
const ID_BYTES = 8

export class GrantBook {
  readonly #options: GrantBookOptions
  #added: readonly StoredGrant[] = []
  /** Each waiting change is a request under way, and those are bounded. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(options: GrantBookOptions) {
    this.#options = options
  }

  /** Reads what was added before; from then on it counts. Throws `SyncError` of the store. */
  static async load(options: GrantBookOptions): Promise<GrantBook> {
    const book = new GrantBook(options)
    await book.#reload()
    return book
  }

  get live(): LiveResource {
    return this.#options.live
  }

  /** The declared ones first. Those that are over are there, too. */
  entries(): readonly GrantEntry[] {
    return [
      ...declaredEntries(this.#options.live),
      ...this.#added.map((grant) => ({ ...grant, origin: 'api' as const })),
    ]
  }

  entry(id: string): GrantEntry | undefined {
    return this.entries().find((entry) => entry.id === id)
  }

  /**
   * Replaces what the subject was given here before, and keeps its id. `full`: there are as many as
   * there may be.
   */
  async add(
    wanted: WantedGrant,
    actor: Actor,
  ): Promise<{ readonly entry: GrantEntry; readonly isNew: boolean } | 'full'> {
    return this.#inTurn(async () => {
      const old = this.#added.find(({ subject }) => subject === wanted.subject)
      const isNew = old === undefined
      const over = isNew && this.#isFull() ? this.#overSince(this.#now()) : []
      if (isNew && this.#isFull(over.length)) return 'full'
      const id = old?.id ?? randomBytes(ID_BYTES).toString('hex')
      const grant = { ...wanted, id, addedBy: actor.id, addedAt: this.#now() }
      await this.#commit([...over.map(removalOf), { kind: 'put', grant }])
      this.#record(actor, isNew ? 'grant' : 'role_change', grant)
      return { entry: { ...grant, origin: 'api' }, isNew }
    })
  }

  /** Undefined when nothing was added under this id. */
  async change(id: string, edit: GrantEdit, actor: Actor): Promise<GrantEntry | undefined> {
    return this.#inTurn(async () => {
      const old = this.#added.find((grant) => grant.id === id)
      if (old === undefined) return undefined
      const { access = old.access, expiresAt = old.expiresAt } = edit
      const grant = { ...old, access, expiresAt: expiresAt ?? undefined }
      await this.#commit([{ kind: 'put', grant }])
      this.#record(actor, 'role_change', grant)
      return { ...grant, origin: 'api' }
    })
  }

  /** False when nothing was added under this id. */
  async remove(id: string, actor: Actor): Promise<boolean> {
    return this.#inTurn(async () => {
      const old = this.#added.find((grant) => grant.id === id)
      if (old === undefined) return false
      await this.#commit([removalOf(old)])
      this.#record(actor, 'revoke', old)
      return true
    })
  }

  async #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(task)
    this.#last = result.catch(() => undefined)
    return result
  }

  async #commit(wanted: readonly GrantChange[]): Promise<void> {
    const touched = new Set(wanted.map(subjectOf))
    const forgotten = this.#overSince(this.#now() - OVER_KEPT_MS).filter(
      ({ subject }) => !touched.has(subject),
    )
    const changes = [...wanted, ...forgotten.map(removalOf)]
    const { store, live } = this.#options
    try {
      await store.change(live.current.name, changes)
    } catch (error) {
      // Nobody knows whether it was written: what is there counts, and the caller may try again.
      await this.#reload().catch(() => undefined)
      throw error
    }
    const changed = new Set(changes.map(subjectOf))
    const put = changes.flatMap((change) => (change.kind === 'put' ? [change.grant] : []))
    this.#set([...this.#added.filter(({ subject }) => !changed.has(subject)), ...put])
  }

  async #reload(): Promise<void> {
    const { store, live } = this.#options
    this.#set(await store.list(live.current.name))
  }

  #set(grants: readonly StoredGrant[]): void {
    this.#added = grants.toSorted((a, b) => a.addedAt - b.addedAt || (a.id < b.id ? -1 : 1))
    this.#options.live.setAdded(grants)
  }

  #overSince(time: number): readonly StoredGrant[] {
    return this.#added.filter((grant) => isOver(grant, time))
  }

  #isFull(removed = 0): boolean {
    return this.#added.length - removed >= this.#options.maxGrants
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }

  #record(actor: Actor, action: AuditEvent['action'], { subject, access, expiresAt }: Grant): void {
    const until = expiresAt === undefined ? '' : ` until ${new Date(expiresAt).toISOString()}`
    this.#options.audit.record({
      action,
      actor: actor.id,
      resource: this.#options.live.current.name,
      subject,
      address: actor.address,
      detail: `${access}${until}`,
    })
  }
}

function declaredEntries({ declared }: LiveResource): readonly GrantEntry[] {
  const seen = new Map<Subject, number>()
  return declared.resource.viewers.map((grant, index): GrantEntry => {
    const times = (seen.get(grant.subject) ?? 0) + 1
    seen.set(grant.subject, times)
    const id = times === 1 ? `config:${grant.subject}` : `config:${grant.subject}:${times}`
    return { ...grant, id, origin: 'config', declaredAt: declared.places?.[index] ?? 'the configuration' }
  })
}

function removalOf({ subject }: StoredGrant): GrantChange {
  return { kind: 'remove', subject }
}

function subjectOf(change: GrantChange): Subject {
  return change.kind === 'put' ? change.grant.subject : change.subject
}
