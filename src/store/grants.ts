/**
 * Grants that were added while running. One entry each, whose key says for whom: a subject has at
 * most one. Every change is synced, whatever the fsync mode: a grant that was taken away must not
 * be back after a power cut.
 */
import type { Grant, Subject } from '../access/model.ts'
import { decodeGrantKey, grantKey, grantRange } from './keys.ts'
import type { LevelDatabase } from './level-database.ts'
import type { Operation } from './level-handle.ts'
import { seal, unseal } from './record.ts'

export type StoredGrant = Grant & {
  /** What the API calls it; random. */
  readonly id: string
  /** A person's id. */
  readonly addedBy: string
  /** Milliseconds since the epoch. */
  readonly addedAt: number
}

export type GrantChange =
  | { readonly kind: 'put'; readonly grant: StoredGrant }
  | { readonly kind: 'remove'; readonly subject: Subject }

/** Throws `SyncError` `store_unavailable`; the outcome of a change is unknown then. */
export interface GrantStore {
  /** An entry that is damaged denies: what it said may have been that. */
  list(resource: string): Promise<StoredGrant[]>
  /** All of them or none; durable when it resolves. */
  change(resource: string, changes: readonly GrantChange[]): Promise<void>
}

export class LevelGrantStore implements GrantStore {
  readonly #database: LevelDatabase

  constructor(database: LevelDatabase) {
    this.#database = database
  }

  async list(resource: string): Promise<StoredGrant[]> {
    return this.#database.read(async (reader) => {
      const grants: StoredGrant[] = []
      for await (const [key, value] of reader.entries('grant', grantRange(resource))) {
        const subject = decodeGrantKey(key)
        if (subject !== undefined) grants.push(this.#decode(key, value, subject as Subject))
      }
      return grants
    })
  }

  async change(resource: string, changes: readonly GrantChange[]): Promise<void> {
    if (changes.length === 0) return
    const operations = changes.map((change): Operation => {
      if (change.kind === 'remove') {
        return { type: 'del', sublevel: 'grant', key: grantKey(resource, change.subject) }
      }
      const { subject, ...facts } = change.grant
      const key = grantKey(resource, subject)
      const value = seal(key, Buffer.from(JSON.stringify(facts)))
      return { type: 'put', sublevel: 'grant', key, value }
    })
    await this.#database.write(operations, { durability: 'synced' })
  }

  #decode(key: Buffer, value: Uint8Array, subject: Subject): StoredGrant {
    const payload = unseal(key, value)
    const facts = 'damage' in payload ? undefined : parseFacts(Buffer.from(payload).toString())
    if (facts !== undefined) return { ...facts, subject }
    this.#database.log.error({ subject }, 'a stored grant is damaged; it denies until it is removed')
    return { id: `damaged:${subject}`, subject, access: 'none', addedBy: 'unknown', addedAt: 0 }
  }
}

function parseFacts(json: string): Omit<StoredGrant, 'subject'> | undefined {
  const value: unknown = JSON.parse(json)
  if (typeof value !== 'object' || value === null) return undefined
  const { id, access, addedBy, addedAt, expiresAt } = value as Record<string, unknown>
  if (typeof id !== 'string' || typeof addedBy !== 'string' || typeof addedAt !== 'number') return undefined
  if (access !== 'none' && access !== 'read' && access !== 'edit') return undefined
  if (expiresAt !== undefined && typeof expiresAt !== 'number') return undefined
  return { id, access, addedBy, addedAt, expiresAt }
}
