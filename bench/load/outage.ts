/** What a kill cost: edits that somebody had seen and that the restarted server does not have. */
import type { Dialect } from '../wire/dialect.ts'
import type { LoadClient } from './client.ts'
import { EditSet } from './edit-set.ts'
import type { EditsByRoom } from './messages.ts'
import { readRoom } from './reader.ts'
import type { RoomLoad } from './room-load.ts'

/** A server that answers the first question before it has loaded the document gets this long. */
const WITNESS_PATIENCE_MS = 3000

/** Seen by another than its author. */
export function seenOf(room: RoomLoad, clients: readonly LoadClient[]): number[] {
  const seen = new EditSet()
  for (const client of clients)
    for (const edit of client.seen.values())
      if (room.authors[room.edits.get(edit).author]?.client !== client.index) seen.add(edit)
  return [...seen.values()]
}

/** Sent by this worker's clients. */
export function sentOf(room: RoomLoad, clients: readonly LoadClient[]): number[] {
  return clients.flatMap((client) =>
    client.authors.flatMap((author) =>
      room.edits.ofAuthor(room.authors.indexOf(author)).slice(0, client.sentEdits(author)),
    ),
  )
}

/** Reads the room as somebody new, before any old client comes back with its own copy. */
export async function lostOf(parts: {
  readonly room: RoomLoad
  readonly dialect: Dialect
  readonly seen: EditsByRoom
  readonly sent: EditsByRoom
}): Promise<{ lost: number; sentLost: number }> {
  const { room, dialect } = parts
  const of = (edits: EditsByRoom): number[] =>
    edits.filter(([number]) => number === room.number).flatMap(([, some]) => some)
  const seen = of(parts.seen)
  const sent = of(parts.sent)
  const found = new EditSet()
  await readRoom({
    dialect,
    room: room.name,
    patienceMs: WITNESS_PATIENCE_MS,
    isEnough: (update) => {
      if (update !== undefined) for (const edit of room.resolve(update).edits) found.add(edit)
      return sent.every((edit) => found.has(edit)) && seen.every((edit) => found.has(edit))
    },
  })
  return {
    lost: new Set(seen.filter((edit) => !found.has(edit))).size,
    sentLost: sent.filter((edit) => !found.has(edit)).length,
  }
}
