/** kill -9, restart, and a look at what is left before anybody returns with a copy. */
import { now } from '../measure/clock.ts'
import type { KillResult } from '../result.ts'
import type { ManagedServer } from '../servers/managed-server.ts'
import type { EditsByRoom } from './messages.ts'
import type { WorkerPool } from './worker-process.ts'

export async function killAndLook(
  server: ManagedServer,
  pool: WorkerPool,
  mayReturn: boolean,
): Promise<KillResult> {
  await pool.ask('hold', undefined)
  const killedAt = now()
  await server.kill()
  const answers = await pool.ask('seen', undefined)
  await server.restart()
  const backAfterMs = now() - killedAt
  const seen = union(answers.map((answer) => answer.seen))
  const sent = union(answers.map((answer) => answer.sent))
  const found = await pool.ask('witness', { seen, sent })
  if (mayReturn) await pool.ask('release', undefined)
  return {
    seen: count(seen),
    lost: found.reduce((sum, { lost }) => sum + lost, 0),
    sent: count(sent),
    sentLost: found.reduce((sum, { sentLost }) => sum + sentLost, 0),
    backAfterMs,
  }
}

function union(parts: readonly EditsByRoom[]): EditsByRoom {
  const rooms = new Map<number, Set<number>>()
  for (const [room, edits] of parts.flat()) {
    const known = rooms.get(room) ?? new Set<number>()
    rooms.set(room, known)
    for (const edit of edits) known.add(edit)
  }
  return [...rooms].map(([room, edits]) => [room, [...edits]] as const)
}

function count(edits: EditsByRoom): number {
  return edits.reduce((sum, [, some]) => sum + some.length, 0)
}
