/**
 * Whose client ids are whose. Rules: ROOM-73 to ROOM-76 in SPEC.md.
 *
 * An update may say anything about any client id. A struct that only pretends to be somebody else's
 * takes up clocks that this person will use for the next edits: Yjs then takes those edits for
 * known and drops them, here and at the next sync on the person's own screen.
 */
import { type Doc, getState } from 'yjs'
import { decodeOwners, encodeOwners } from '../document/owner-record.ts'
import type { UpdateFacts } from '../document/update-inspect.ts'
import type { Clock } from './clock.ts'
import type { RoomPolicy } from './policy.ts'

/** Beyond this, and beyond what a document should have, new ids belong to nobody. */
const MAX_OWNED = 5000
/** Ids that were announced and have not written yet. */
const MAX_CLAIMS = 5000

/** One edit, as far as ownership goes. */
export type Claimant = {
  /** The person; undefined for a visitor without a name, who comes back as somebody else. */
  readonly owner: string | undefined
  readonly facts: UpdateFacts
  /** The answer to a step 1, which may hold whatever others sent to this client before. */
  readonly isStep2: boolean
}

export type ClientOwnersOptions = {
  readonly doc: Doc
  /** The newest `owners` record. */
  readonly stored: Uint8Array | undefined
  /** True while lost edits are taken back from whoever has them. */
  readonly isRecovering: () => boolean
  readonly isPresent: (owner: string) => boolean
}

/** A room, as far as ownership goes. */
export type OwnedRoom = {
  readonly doc: Doc
  readonly clock: Pick<Clock, 'elapsed'>
  readonly policy: Pick<RoomPolicy, 'hasClientIdOwnership' | 'recoveryMs'>
  readonly sessions: ReadonlySet<{ readonly owner: string | undefined }>
}

/** Undefined when the policy has none. */
export function ownersOf(room: OwnedRoom, stored: Uint8Array | undefined): ClientOwners | undefined {
  if (!room.policy.hasClientIdOwnership) return undefined
  return new ClientOwners({
    doc: room.doc,
    stored,
    isRecovering: () => room.clock.elapsed() < room.policy.recoveryMs,
    isPresent: (owner) => [...room.sessions].some((session) => session.owner === owner),
  })
}

const NONE: readonly number[] = []

export class ClientOwners {
  readonly #options: ClientOwnersOptions
  readonly #owners: Map<number, string>
  readonly #claims = new Map<number, string>()
  #hasNews = false

  /** Throws `SyncError('malformed_message')` when the stored record is none. */
  constructor(options: ClientOwnersOptions) {
    this.#options = options
    this.#owners = options.stored === undefined ? new Map() : decodeOwners(options.stored)
  }

  /**
   * Somebody announced a client id as its own. Clients do so as they come, before anybody else can
   * know the id; once the id has written, announcing it proves nothing any more.
   */
  claim(client: number, owner: string | undefined): void {
    if (owner === undefined || this.#ownerOf(client) !== undefined) return
    if (getState(this.#options.doc.store, client) > 0) return
    const oldest = this.#claims.size < MAX_CLAIMS ? undefined : this.#claims.keys().next().value
    if (oldest !== undefined) this.#claims.delete(oldest)
    this.#claims.set(client, owner)
  }

  /**
   * Undefined when the edit goes on in the name of another person. Otherwise the client ids that it
   * brings into the document and that are this person's, for `learn`.
   */
  admit(edit: Claimant): readonly number[] | undefined {
    let own: number[] | undefined
    for (const { client, end } of edit.facts.structs.values()) {
      const known = getState(this.#options.doc.store, client)
      if (end <= known) continue
      const owner = this.#ownerOf(client)
      if (owner !== undefined && owner !== edit.owner && !this.#mayRelay(edit, owner)) return undefined
      if (client === this.#options.doc.clientID) return undefined
      if (known === 0 && edit.owner !== undefined && this.#isOwn(client, edit)) {
        own ??= []
        own.push(client)
      }
    }
    return own ?? NONE
  }

  /** The edit with these new client ids was applied. */
  learn(clients: readonly number[], owner: string | undefined): void {
    if (owner === undefined) return
    for (const client of clients) {
      this.#claims.delete(client)
      if (this.#owners.size >= MAX_OWNED) continue
      this.#owners.set(client, owner)
      this.#hasNews = true
    }
  }

  /** The record to store with the edits that were learned from; undefined when nothing is new. */
  takeRecord(): Uint8Array | undefined {
    if (!this.#hasNews) return undefined
    this.#hasNews = false
    return encodeOwners(this.#owners)
  }

  #ownerOf(client: number): string | undefined {
    return this.#owners.get(client) ?? this.#claims.get(client)
  }

  /**
   * A step 2 proves nothing, because what it holds may be others'; nor does an update from several
   * clients. Neither makes an owner, unless the id was announced.
   */
  #isOwn(client: number, { owner, isStep2, facts }: Claimant): boolean {
    const claimed = this.#claims.get(client)
    return claimed === undefined ? !isStep2 && facts.structs.size === 1 : claimed === owner
  }

  #mayRelay({ isStep2 }: Claimant, owner: string): boolean {
    return isStep2 && this.#options.isRecovering() && !this.#options.isPresent(owner)
  }
}
