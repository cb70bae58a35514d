/**
 * Stock clients keep time themselves: y-protocols renews a state that is 15 s old and drops one whose
 * clock has not risen for 30 s, y-websocket hangs up after 30 s without a message. Here their clock is
 * the test's. lib0 takes hold of `Date.now` when it is loaded, hence the imports in this order.
 */
import assert from 'node:assert/strict'
import { type TestContext, mock, test } from 'node:test'

mock.timers.enable({ apis: ['setInterval', 'Date'] })
const { RoomClient } = await import('../support/room-client.ts')
const { roomFixture, TEST_POLICY } = await import('../support/room-fixture.ts')
const { KEEP_ALIVE } = await import('../../src/protocol/encode.ts')
const { AWARENESS } = await import('../../src/config/schema-limits.ts')

type Client = InstanceType<typeof RoomClient>
type Changes = { readonly added: number[]; readonly updated: number[]; readonly removed: number[] }

const STEP_MS = 250
const MINUTES = 6
/** y-websocket's `messageReconnectTimeout`. */
const SILENCE_MS = 30_000
const PEOPLE = [
  ['ann', 'edit'],
  ['bob', 'edit'],
  ['rea', 'read'],
  ['rob', 'read'],
] as const

/** y-websocket's handler: says everything back that it is told, and its own renewals. */
function behaveAsStock(client: Client): void {
  client.awareness.on('update', ({ added, updated, removed }: Changes) =>
    client.sayAwareness([...added, ...updated, ...removed]),
  )
}

/** Awareness messages that say something; a keep-alive is one of nobody. */
function presenceFrames({ frames }: Client): number {
  return frames.filter((frame) => frame[0] === 1 && frame.length > KEEP_ALIVE.length).length
}

/** Four people who do nothing, two of them readers of a crowd: who lost whom, and the frames of each. */
async function idle(t: TestContext, renewalMs: number): Promise<{ lost: string[]; frames: number[] }> {
  const room = roomFixture(t, { presence: { ...TEST_POLICY.presence, renewalMs, readersAbove: 3 } })
  const clients: Client[] = []
  const heard = new Map<Client, { frames: number; atMs: number }>()
  let nowMs = 0
  const advance = (ms: number): void => {
    for (const endMs = nowMs + ms; nowMs < endMs;) {
      nowMs += STEP_MS
      room.clock.advance(STEP_MS)
      mock.timers.tick(STEP_MS)
      for (const client of clients) {
        const last = heard.get(client)
        if (last?.frames !== client.frames.length)
          heard.set(client, { frames: client.frames.length, atMs: nowMs })
        else assert.ok(nowMs - last.atMs < SILENCE_MS, `${client.principal.id} hangs up`)
      }
    }
  }
  for (const [name, access] of PEOPLE) {
    const client = new RoomClient(name, access)
    behaveAsStock(client)
    clients.push(await room.join(client))
    client.setUser({ color: name })
    // Their renewals fall anywhere beside each other.
    advance(3750)
  }
  advance(5000)
  const lost: string[] = []
  for (const { awareness, principal } of clients)
    awareness.on('change', ({ removed }: Changes) =>
      lost.push(...removed.map((id) => `${principal.id}: ${id}`)),
    )
  const before = clients.map(presenceFrames)
  advance(MINUTES * 60_000)
  return { lost, frames: clients.map((client, i) => presenceFrames(client) - (before[i] ?? 0)) }
}

test('[ROOM-40] people who do nothing stay visible to each other, however long renewals may wait', async (t) => {
  const { lost, frames } = await idle(t, AWARENESS.renewalMs.maximum)
  assert.deepEqual(lost, [])
  const atMost = (MINUTES * 60_000) / AWARENESS.renewalMs.maximum
  for (const count of frames) assert.ok(count > 0 && count <= atMost, `${count} frames, at most ${atMost}`)
})

test('[ROOM-40] renewals that do not wait are as many frames as people send', async (t) => {
  const { lost, frames } = await idle(t, 0)
  assert.deepEqual(lost, [])
  for (const count of frames) assert.ok(count > 60 && count <= 3 * 4 * MINUTES, `${count} frames`)
})

test('clients do lose each other when renewals wait longer than can be configured', async (t) => {
  const { lost } = await idle(t, 2 * AWARENESS.renewalMs.maximum)
  assert.notDeepEqual(lost, [])
})
