/** Who owns a resource: written at its first start and never again. */
import { resourceKey } from './keys.ts'
import type { LevelDatabase } from './level-database.ts'
import { seal, unseal } from './record.ts'
import { SyncError } from '../protocol/errors.ts'
import type { Subject } from '../access/model.ts'

/**
 * The owner for good: `owner` when there was none before. Throws `SyncError`: `load_failed` for a
 * damaged entry, `store_unavailable`.
 */
export async function fixOwner(
  database: LevelDatabase,
  { name, owner }: { readonly name: string; readonly owner: Subject },
): Promise<Subject> {
  const key = resourceKey(name)
  const known = await database.read(async (reader) => reader.get('resource', key))
  if (known !== undefined) return ownerIn(key, known)
  const value = seal(key, Buffer.from(JSON.stringify({ owner, since: Date.now() })))
  await database.write([{ type: 'put', sublevel: 'resource', key, value }], { durability: 'synced' })
  return owner
}

function ownerIn(key: Buffer, value: Uint8Array): Subject {
  const payload = unseal(key, value)
  if ('damage' in payload) {
    throw new SyncError('load_failed', `The entry of the resource's owner is damaged: ${payload.damage}.`)
  }
  const { owner } = JSON.parse(Buffer.from(payload).toString()) as { readonly owner: Subject }
  return owner
}
