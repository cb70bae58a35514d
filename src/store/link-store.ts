/**
 * Guest links. One entry each, synced whatever the fsync mode: a link that was revoked must not be
 * back after a power cut, nor a use be forgotten.
 */
import type { GuestLink } from '../access/guest-link.ts'
import { pathKey, subtreeRange } from './keys.ts'
import type { LevelDatabase } from './level-database.ts'
import { seal, unseal } from './record.ts'

/** Throws `SyncError` `store_unavailable`; the outcome of a change is unknown then. */
export interface LinkStore {
  /** An entry that is damaged is left out: it lets nobody in. */
  list(resource: string): Promise<GuestLink[]>
  /** Durable when it resolves. */
  put(link: GuestLink): Promise<void>
  remove(links: readonly GuestLink[]): Promise<void>
}

export class LevelLinkStore implements LinkStore {
  readonly #database: LevelDatabase

  constructor(database: LevelDatabase) {
    this.#database = database
  }

  async list(resource: string): Promise<GuestLink[]> {
    return await this.#database.read(async (reader) => {
      const links: GuestLink[] = []
      for await (const [key, value] of reader.entries('link', subtreeRange([resource]))) {
        const payload = unseal(key, value)
        if ('damage' in payload) {
          this.#database.log.error({ damage: payload.damage }, 'a guest link is damaged and lets nobody in')
        } else links.push(JSON.parse(Buffer.from(payload).toString()) as GuestLink)
      }
      return links
    })
  }

  async put(link: GuestLink): Promise<void> {
    const key = keyOf(link)
    const value = seal(key, Buffer.from(JSON.stringify(link)))
    await this.#database.write([{ type: 'put', sublevel: 'link', key, value }], { durability: 'synced' })
  }

  async remove(links: readonly GuestLink[]): Promise<void> {
    if (links.length === 0) return
    const operations = links.map((link) => ({ type: 'del', sublevel: 'link', key: keyOf(link) }) as const)
    await this.#database.write(operations, { durability: 'synced' })
  }
}

function keyOf({ resource, id }: GuestLink): Buffer {
  return pathKey([resource, id])
}
