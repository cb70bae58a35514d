import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { byteLength } from '../../src/protocol/outbound.ts'
import { seededRandom } from '../support/random-document.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture } from '../support/room-fixture.ts'
import { SlowClient } from '../support/slow-client.ts'
import { until } from '../support/until.ts'

const FIRST_SEED = Number(process.env['FC_SEED'] ?? 20_261_124)
const SEEDS = Number(process.env['LAG_SEEDS'] ?? 25)
const STEPS = 80
const BUDGET = 3000
/** Awareness and the like, sent before anybody noticed. */
const SMALL = 2000

for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
  test(`[ROOM-26] [ROOM-33] whoever is slow misses nothing, sees nothing out of order, and costs its budget: seed ${seed}`, async (t) => {
    const random = seededRandom(seed)
    const room = roomFixture(t, { maxPeerBufferedBytes: BUDGET, maxPendingBytes: 1e8 })
    const writers = [await room.join(new RoomClient('ann')), await room.join(new RoomClient('bob'))]
    await until(() => writers.every((writer) => writer.isSynced))
    if (random.chance(0.7)) writers[0]!.text.insert(0, 'x'.repeat(random.pick([10, 5000, 200_000])))
    const slow: SlowClient[] = []
    const join = async (doc = new Y.Doc()): Promise<void> => {
      const client = new SlowClient(`slow${slow.length}`, 'edit', doc)
      client.isReading = random.chance(0.3)
      slow.push(client)
      await room.join(client)
    }
    const check = (client: SlowClient): void => {
      assert.equal(client.doc.store.pendingStructs, null, 'nothing came before what it builds on')
      const largest = Math.max(...client.sent.map(byteLength))
      assert.ok(client.mostBufferedBytes <= BUDGET + largest + SMALL)
      assert.equal(client.closedWith, undefined)
    }
    /** While the disk takes its time, the document holds what nobody may see yet. */
    let release: (() => void) | undefined
    const settle = async (): Promise<void> => {
      if (release === undefined) await room.loop.idle()
      else await new Promise((resolve) => setImmediate(resolve))
    }
    await join()
    for (let step = 0; step < STEPS; step += 1) {
      const writer = random.pick(writers)
      const someone = random.pick(slow)
      switch (random.int(14)) {
        case 0:
          if (slow.length < 6) await join()
          break
        case 1:
          // Comes back on a new connection with what it has.
          someone.session?.leave()
          slow.splice(slow.indexOf(someone), 1)
          await join(someone.doc)
          break
        case 2:
          writer.text.insert(
            random.int(writer.text.length + 1),
            'y'.repeat(random.pick([2000, 5000, 150_000])),
          )
          break
        case 3:
          writer.text.delete(0, Math.min(writer.text.length, random.int(500)))
          break
        case 4:
          someone.text.insert(0, `from ${someone.principal.id}`)
          break
        case 5:
          writer.setUser({ step })
          room.clock.advance(20)
          break
        case 6:
          someone.isReading = random.chance(0.3)
          break
        case 7:
        case 8:
          someone.take(random.int(4))
          break
        case 9:
          // A stock client that resyncs.
          if (someone.session !== undefined) someone.start(someone.session)
          break
        case 10:
        case 11:
          release?.()
          release = release === undefined ? room.store.hold() : undefined
          break
        default:
          for (let i = random.int(80); i >= 0; i -= 1) {
            writer.text.insert(random.int(writer.text.length + 1), 'typed ')
            if (random.chance(0.5)) await settle()
          }
      }
      if (random.chance(0.6)) await settle()
      for (const client of slow) check(client)
    }
    release?.()
    for (const client of slow) client.isReading = true
    const clients = [...writers, ...slow]
    await until(() => {
      for (const client of slow) {
        client.take()
        check(client)
      }
      const [first, ...others] = clients.map((client) => client.text.toJSON())
      return others.every((text) => text === first)
    })
    for (const client of slow) assert.equal(client.isSynced, true)
    assert.deepEqual(room.errors, [])
  })
}
