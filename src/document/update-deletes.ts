import { type ByteCursor, malformed } from '../protocol/byte-cursor.ts'
import { tooLarge } from './update-values.ts'

const MAX_CLOCK = 2 ** 32

export type DeleteLimits = {
  /** Client ids, here those with deletes. */
  readonly maxClients: number
  readonly maxDeleteRanges: number
}

export type Deletes = {
  /** Client -> the end of its last range. */
  readonly ends: Map<number, number>
  readonly ranges: number
}

/** Clocks `start` to `end` (not included) of one client are deleted. */
export type DeleteVisitor = (client: number, start: number, end: number) => void

/**
 * Reads the delete set behind the structs of an update (V1). Per client its ranges rise and do not
 * overlap, as Yjs writes them; otherwise a few ranges could make Yjs visit every struct many times.
 */
export function readDeletes(cursor: ByteCursor, limits: DeleteLimits, visit?: DeleteVisitor): Deletes {
  const ends = new Map<number, number>()
  // A client id and a number of ranges.
  const clients = cursor.count(2)
  if (clients > limits.maxClients) throw tooLarge('number of client ids')
  let ranges = 0
  for (let i = 0; i < clients; i += 1) {
    const at = cursor.position
    const client = cursor.varUint()
    const count = cursor.count(2)
    ranges += count
    if (ranges > limits.maxDeleteRanges) throw tooLarge('number of delete ranges')
    if (ends.has(client)) throw malformed('a client id has two lists of deletes', at)
    if (count > 0) ends.set(client, readRanges(cursor, client, count, visit))
  }
  return { ends, ranges }
}

function readRanges(
  cursor: ByteCursor,
  client: number,
  count: number,
  visit: DeleteVisitor | undefined,
): number {
  let last = 0
  for (let i = 0; i < count; i += 1) {
    const at = cursor.position
    const start = cursor.varUint()
    const length = cursor.varUint()
    if (start < last) throw malformed('delete ranges out of order', at)
    if (length < 1) throw malformed('delete range of no length', at)
    last = start + length
    if (last > MAX_CLOCK) throw malformed('clock out of range', at)
    visit?.(client, start, last)
  }
  return last
}
