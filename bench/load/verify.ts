/** After the load: does every client hold the same, and everything that was written? */
import { digestDocument } from '../typing/content-digest.ts'
import type { Dialect } from '../wire/dialect.ts'
import type { LoadClient } from './client.ts'
import { EditSet } from './edit-set.ts'
import type { RoomFacts } from './messages.ts'
import { readRoom } from './reader.ts'
import type { RoomLoad } from './room-load.ts'

const READER_PATIENCE_MS = 10_000

/** What is known of a room before its content is looked at, which takes so long that clients may be cut. */
export type RoomSnapshot = {
  readonly room: RoomLoad
  readonly clients: readonly LoadClient[]
  readonly failures: readonly string[]
  readonly ready: readonly LoadClient[]
  /** What a new client is given, where this worker reads the room as one. */
  readonly given: readonly Uint8Array[] | undefined
}

export async function snapshotRoom(parts: {
  readonly room: RoomLoad
  readonly clients: readonly LoadClient[]
  readonly dialect: Dialect
  /** One worker reads the room as somebody new. */
  readonly isWitness: boolean
}): Promise<RoomSnapshot> {
  const { room, clients, dialect, isWitness } = parts
  const failures: string[] = []
  const ready = clients.filter((client) => client.isReady)
  for (const client of clients) {
    const missing = client.hasAll() ? 0 : [...client.missing()].length
    if (!client.isReady) failures.push(`room ${room.name}: client ${client.index} is not connected`)
    else if (missing > 0)
      failures.push(`room ${room.name}: client ${client.index} lacks ${missing} edits of others`)
  }
  if (!room.frames.isWhole)
    failures.push(
      `room ${room.name}: more was received than a worker can keep, so contents were not compared: use a shorter run or more --workers`,
    )
  const given = isWitness ? await readAsSomebodyNew(room, dialect, failures) : undefined
  return { room, clients, failures, ready, given }
}

/** Rebuilds what each client holds; clients that received the same are rebuilt once. */
export async function checkRoom({ room, ready, failures, given }: RoomSnapshot): Promise<RoomFacts> {
  if (!room.frames.isWhole) return { room: room.name, digests: [], failures, edits: room.edits.size }
  const found = [...failures]
  const digests = new Map<string, number>()
  const hold = (updates: Iterable<Uint8Array>, who: string): string => {
    const { digest, isComplete, stateVector } = digestDocument(updates)
    if (!isComplete) found.push(`room ${room.name}: ${who} holds updates that can never be applied`)
    for (const [client, clock] of room.base.clocks)
      if ((stateVector.get(client) ?? 0) < clock)
        found.push(`room ${room.name}: ${who} lacks part of the document`)
    return digest
  }
  const count = (digest: string): void => {
    digests.set(digest, (digests.get(digest) ?? 0) + 1)
  }
  const known = new Map<string, string>()
  for (const client of ready) {
    const key = `${client.frames.length} ${client.signature} ${client.authors.length > 0 ? client.index : ''}`
    let digest = known.get(key)
    if (digest === undefined) {
      // Others of this process have sockets to serve meanwhile.
      await new Promise((resolve) => setImmediate(resolve))
      digest = hold(contentOf(room, client), `client ${client.index}`)
      known.set(key, digest)
    }
    count(digest)
  }
  if (given !== undefined) count(hold(given, 'a new client'))
  return { room: room.name, digests: [...digests], failures: found, edits: room.edits.size }
}

function* contentOf(room: RoomLoad, client: LoadClient): Generator<Uint8Array> {
  for (const id of client.frames) yield room.frames.get(id).update
  for (const { edits } of client.authors) for (const { update } of edits) yield update
}

async function readAsSomebodyNew(
  room: RoomLoad,
  dialect: Dialect,
  failures: string[],
): Promise<readonly Uint8Array[]> {
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
  return updates
}
