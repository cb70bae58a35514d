/** What rooms hold before the load: written through the door that every client uses. */
import type { DocumentPlan, Scenario } from '../plan/scenario.ts'
import { createDocument } from '../typing/documents.ts'
import type { Dialect } from '../wire/dialect.ts'
import { readRoom, writeRoom } from './reader.ts'
import { NO_BASE, type RoomLoad, baseOf, noteClocks, totalOf } from './room-load.ts'

/** A new notebook has no cell to type in: it gets those of a notebook of average length. */
const JUPYTER_DOCUMENT: DocumentPlan = { shape: 'notebook', bytes: 20_000, cells: 14, storedAs: 0 }

export function documentOf(scenario: Scenario, room: RoomLoad): readonly Uint8Array[] {
  const { document } = room.group
  const plan = scenario.protocol === 'jupyter' && document.shape === 'empty' ? JUPYTER_DOCUMENT : document
  return createDocument(plan, scenario.seed, room.inGroup).states
}

/**
 * Returns when the server gives all of it back to somebody else. The writer stays in the room until
 * it is told to leave: some servers forget a room that is empty.
 */
export async function seedRoom(parts: {
  readonly dialect: Dialect
  readonly scenario: Scenario
  readonly room: RoomLoad
  readonly patienceMs: number
}): Promise<() => void> {
  const { dialect, scenario, room, patienceMs } = parts
  const updates = documentOf(scenario, room)
  if (updates.length === 0) return () => {}
  const { length } = baseOf(updates)
  let found = NO_BASE
  const leave = await writeRoom({ dialect, room: room.name }, updates, async () => {
    found = baseOf(await waitForDocument({ dialect, room: room.name, length, patienceMs }))
  })
  if (found.length < length)
    throw new Error(
      `room ${room.name}: the server has ${found.length} of ${length} parts of its document after ${patienceMs / 1000} s`,
    )
  return leave
}

/** Reads a room until it holds so many identifiers. */
export async function waitForDocument(parts: {
  readonly dialect: Dialect
  readonly room: string
  readonly length: number
  readonly patienceMs: number
}): Promise<readonly Uint8Array[]> {
  const { dialect, room, length, patienceMs } = parts
  const clocks = new Map<number, number>()
  return readRoom({
    dialect,
    room,
    patienceMs,
    isEnough: (update) => {
      // Servers may send the same twice, in the state and as an update.
      if (update !== undefined) noteClocks(clocks, update)
      return totalOf(clocks) >= length
    },
  })
}
