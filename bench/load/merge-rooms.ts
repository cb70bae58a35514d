/** One verdict from what each worker found about its clients of a room. */
import type { KillResult, Verification } from '../result.ts'
import type { RoomFacts } from './messages.ts'

const MAX_SENTENCES = 20

export function mergeRooms(facts: readonly RoomFacts[], kill: KillResult | undefined): Verification {
  const rooms = new Map<string, { digests: Map<string, number>; edits: number }>()
  const failures: string[] = []
  for (const { room, digests, failures: some, edits } of facts) {
    failures.push(...some)
    const known = rooms.get(room) ?? { digests: new Map<string, number>(), edits: 0 }
    rooms.set(room, known)
    known.edits = Math.max(known.edits, edits)
    for (const [digest, clients] of digests)
      known.digests.set(digest, (known.digests.get(digest) ?? 0) + clients)
  }
  let clients = 0
  for (const [room, { digests }] of rooms) {
    const counts = [...digests.values()].toSorted((a, b) => b - a)
    const total = counts.reduce((sum, count) => sum + count, 0)
    clients += total
    if (counts.length > 1)
      failures.push(
        `room ${room}: ${total - (counts[0] ?? 0)} of ${total} clients hold other content than the rest`,
      )
  }
  if (kill !== undefined && kill.lost > 0)
    failures.push(`${kill.lost} of ${kill.seen} edits that somebody had seen were gone after the kill`)
  const more = failures.length - MAX_SENTENCES
  return {
    isOk: failures.length === 0,
    rooms: rooms.size,
    clients,
    editsChecked: [...rooms.values()].reduce((sum, { edits }) => sum + edits, 0) + (kill?.seen ?? 0),
    failures: more > 0 ? [...failures.slice(0, MAX_SENTENCES), `and ${more} more`] : failures,
  }
}
