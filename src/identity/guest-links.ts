/**
 * Guest links: whoever holds one gets its access until it expires, is used up or is revoked. The
 * secret is told once, when a link is made; only its digest is kept, as with tokens.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type GuestLink, type LinkState, endOfLink, linkState } from '../access/guest-link.ts'
import type { Grant, Principal } from '../access/model.ts'
import { SyncError } from '../protocol/errors.ts'
import type { LinkStore } from '../store/link-store.ts'

export type NewLink = Pick<GuestLink, 'access' | 'expiresAt' | 'maxUses' | 'label'> & {
  readonly by: Principal
}

export type GuestLinksOptions = {
  readonly store: LinkStore
  /** Whose links. */
  readonly resource: string
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
}

const SECRET_BYTES = 24
const ID_BYTES = 8
/** Also the most people one link can let in, because each is remembered. */
export const MAX_LINK_USES = 1000
const MAX_LINKS = 500
/** So that whoever opens an old link is told that it is over. */
const KEEP_ENDED_MS = 30 * 86_400_000

export class GuestLinks {
  readonly #store: LinkStore
  readonly #resource: string
  readonly #now: () => number
  readonly #links = new Map<string, GuestLink>()
  readonly #listeners = new Set<() => void>()
  /** Revoked ones of which the store may not know. */
  readonly #unwritten = new Set<string>()
  #creating = 0

  /** Throws `SyncError` `store_unavailable`. */
  static async open(options: GuestLinksOptions): Promise<GuestLinks> {
    const links = new GuestLinks(options)
    for (const link of await options.store.list(options.resource)) links.#links.set(link.id, link)
    return links
  }

  private constructor({ store, resource, now = Date.now }: GuestLinksOptions) {
    this.#store = store
    this.#resource = resource
    this.#now = now
  }

  /** The newest first, with those that are over. */
  get all(): readonly GuestLink[] {
    return [...this.#links.values()].toSorted((a, b) => b.createdAt - a.createdAt)
  }

  /** What people have who signed in and came by a link. */
  get grants(): readonly Grant[] {
    return [...this.#links.values()].flatMap((link) =>
      link.revokedAt === undefined
        ? link.people.map((id): Grant => ({
            subject: `user:${id}`,
            access: link.access,
            expiresAt: link.expiresAt,
          }))
        : [],
    )
  }

  get(id: string): GuestLink | undefined {
    return this.#links.get(id)
  }

  /** What its time depends on is a digest, and nobody can steer the digest of a guess. */
  find(secret: string): GuestLink | undefined {
    const digest = digestOf(secret)
    return [...this.#links.values()].find((link) => link.digest === digest)
  }

  /** From when on nobody who came by this link may stay; the past when there is no such link. */
  endOf(id: string): number {
    const link = this.#links.get(id)
    return link === undefined ? 0 : endOfLink(link)
  }

  /** Durable when it resolves. Throws `SyncError`: `too_many_links`, `store_unavailable`. */
  async create({ by, ...facts }: NewLink): Promise<{ readonly link: GuestLink; readonly secret: string }> {
    await this.#forgetEnded()
    if (this.#links.size + this.#creating >= MAX_LINKS) throw new SyncError('too_many_links')
    const secret = randomBytes(SECRET_BYTES).toString('base64url')
    const link: GuestLink = {
      ...facts,
      id: randomBytes(ID_BYTES).toString('hex'),
      resource: this.#resource,
      digest: digestOf(secret),
      createdAt: this.#now(),
      createdBy: by.id,
      createdByName: by.displayName,
      uses: 0,
      people: [],
    }
    this.#creating += 1
    try {
      await this.#store.put(link)
    } finally {
      this.#creating -= 1
    }
    this.#links.set(link.id, link)
    return { link, secret }
  }

  /**
   * Counts a use; with a person's id, that person has the link's access from now on. Anything but `valid`
   * lets nobody in. Uses at the same time never exceed the maximum. Throws `SyncError`
   * `store_unavailable`.
   */
  async use(id: string, personId: string | undefined): Promise<LinkState> {
    const link = this.#links.get(id)
    if (link === undefined) return 'revoked'
    const state = linkState(link, this.#now())
    const isKnown = personId !== undefined && link.people.includes(personId)
    if (isKnown && state === 'used_up') return 'valid'
    if (isKnown || state !== 'valid') return state
    // Taken at once, and so only once; given back when it could not be noted.
    const people = personId === undefined ? link.people : [...link.people, personId]
    const used = { ...link, uses: link.uses + 1, people }
    this.#links.set(id, used)
    try {
      await this.#store.put(used)
    } catch (error) {
      this.#giveBack(id, personId)
      throw error
    }
    const after = this.#links.get(id)
    if (after?.revokedAt !== undefined) return 'revoked'
    if (personId !== undefined) this.#changed()
    return 'valid'
  }

  /**
   * Holds at once; when `store_unavailable` is thrown it may not outlast a restart, and should be asked
   * for again. Undefined when there is no such link, or it was revoked before.
   */
  async revoke(id: string): Promise<GuestLink | undefined> {
    const link = this.#links.get(id)
    if (link === undefined || (link.revokedAt !== undefined && !this.#unwritten.has(id))) return undefined
    const revoked = { ...link, revokedAt: link.revokedAt ?? this.#now() }
    this.#links.set(id, revoked)
    this.#unwritten.add(id)
    this.#changed()
    await this.#store.put(revoked)
    this.#unwritten.delete(id)
    return revoked
  }

  /** Told when somebody may do more or less than before. Must not throw. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #giveBack(id: string, personId: string | undefined): void {
    const link = this.#links.get(id)
    if (link === undefined) return
    const people = link.people.filter((other) => other !== personId)
    this.#links.set(id, { ...link, uses: link.uses - 1, people })
  }

  async #forgetEnded(): Promise<void> {
    const longAgo = this.#now() - KEEP_ENDED_MS
    const ended = [...this.#links.values()].filter((link) => endOfLink(link) < longAgo)
    await this.#store.remove(ended)
    for (const { id } of ended) {
      this.#links.delete(id)
      this.#unwritten.delete(id)
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
