/** After the load: does every client hold the same, and everything that was written? */
import { digestDocument } from '../typing/content-digest.ts'
import type { Dialect } from '../wire/dialect.ts'
import type { LoadClient } from './client.ts'
import { EditSet } from './edit-set.ts'
import type { RoomFacts } from './messages.ts'
import { readRoom } from './reader.ts'
import type { RoomLoad } from './room-load.ts'

const READER_PATIENCE_MS = 10_000

type Check = {
  readonly room: RoomLoad
  readonly clients: readonly LoadClient[]
  readonly dialect: Dialect
  /** One worker reads the room as somebody new. */
  readonly isWitness: boolean
}

export async function checkRoom(check: Check): Promise<RoomFacts> {
  const { room, clients, isWitness } = check
  const failures: string[] = []
  const digests = new Map<string, number>()
  const hold = (updates: Iterable<Uint8Array>, who: string): string => {
    const { digest, isComplete, stateVector } = digestDocument(updates)
    if (!isComplete) failures.push(`room ${room.name}: ${who} holds updates that can never be applied`)
    for (const [client, clock] of room.base.clocks)
      if ((stateVector.get(client) ?? 0) < clock)
        failures.push(`room ${room.name}: ${who} lacks part of the document`)
    return digest
  }
  const known = new Map<string, string>()
  for (const client of clients) {
    if (!client.isReady) {
      failures.push(`room ${room.name}: client ${client.index} is not connected`)
      continue
    }
    const missing = client.hasAll() ? 0 : [...client.missing()].length
    if (missing > 0)
      failures.push(`room ${room.name}: client ${client.index} lacks ${missing} edits of others`)
    const key = `${client.frames.length} ${client.signature} ${client.authors.length > 0 ? client.index : ''}`
    const digest = known.get(key) ?? hold(contentOf(room, client), `client ${client.index}`)
    known.set(key, digest)
    digests.set(digest, (digests.get(digest) ?? 0) + 1)
  }
  if (isWitness) {
    const digest = await readAsSomebodyNew(check, hold, failures)
    digests.set(digest, (digests.get(digest) ?? 0) + 1)
  }
  return { room: room.name, digests: [...digests], failures, edits: room.edits.size }
}

function* contentOf(room: RoomLoad, client: LoadClient): Generator<Uint8Array> {
  for (const id of client.frames) yield room.frames.get(id).update
  for (const { edits } of client.authors) for (const { update } of edits) yield update
}

async function readAsSomebodyNew(
  { room, dialect }: Check,
  hold: (updates: Iterable<Uint8Array>, who: string) => string,
  failures: string[],
): Promise<string> {
  const found = new EditSet()
  let baseLength = 0
  const updates = await readRoom({
    dialect,
    room: room.name,
    patienceMs: READER_PATIENCE_MS,
    isEnough: (update) => {
      const resolved = update === undefined ? undefined : room.resolve(update)
      for (const edit of resolved?.edits ?? []) found.add(edit)
      baseLength += resolved?.baseLength ?? 0
      return found.size >= room.edits.size && baseLength >= room.base.length
    },
  })
  const lacking = room.edits.size - found.size
  if (lacking > 0) failures.push(`room ${room.name}: the server gives a new client ${lacking} edits too few`)
  return hold(updates, 'a new client')
}
