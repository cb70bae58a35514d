/** Which edits are stored, for clients that asked to be told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as Y from 'yjs'
import { inspectUpdate } from '../../src/document/update-inspect.ts'
import { MessageType } from '../../src/protocol/message.ts'
import { Acknowledgements } from '../../src/room/acknowledgements.ts'
import type { ClientEdit } from '../../src/room/edit-queue.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

class AskingClient extends RoomClient {
  readonly wantsAcknowledgements = true

  /** The numbers that it was told. */
  get told(): number[] {
    return this.frames.filter((frame) => frame[0] === MessageType.stored).map((frame) => frame[1] ?? 0)
  }
}

test('[ROOM-80] a client that asked is told how many of its edits are stored, and only then', async (t) => {
  const room = roomFixture(t)
  const ann = new AskingClient('ann')
  const bob = new RoomClient('bob')
  await room.join(ann)
  await room.join(bob)
  // Her answer to our step 1 is the first, and adds nothing.
  await until(() => ann.isSynced && ann.told.length === 1)
  assert.deepEqual(ann.told, [1])
  room.store.hold()
  ann.text.insert(0, 'a')
  ann.text.insert(1, 'b')
  await until(() => room.store.appends > 0)
  assert.deepEqual(ann.told, [1])
  room.store.release()
  await until(() => ann.told.length === 2)
  assert.deepEqual(ann.told, [1, 3])
  assert.ok(bob.frames.every((frame) => frame[0] !== MessageType.stored))
})

test('[ROOM-80] what the document has already counts once that is stored', async (t) => {
  const room = roomFixture(t)
  const ann = new AskingClient('ann')
  await room.join(ann)
  await until(() => ann.told.length === 1)
  room.store.hold()
  ann.text.insert(0, 'a')
  await until(() => room.store.appends > 0)
  ann.sayUpdate(Y.encodeStateAsUpdate(ann.doc))
  assert.deepEqual(ann.told, [1])
  room.store.release()
  await until(() => ann.told.at(-1) === 3)
})

test('[ROOM-80] an edit that waits for another holds the number back until the client brought both', async (t) => {
  const room = roomFixture(t)
  const ann = new AskingClient('ann')
  await room.join(ann)
  await until(() => ann.told.length === 1)
  const updates: Uint8Array[] = []
  ann.doc.on('update', (update: Uint8Array) => updates.push(update))
  const { session } = ann
  ann.session = undefined
  ann.text.insert(0, 'lost on the way, ')
  ann.text.insert(17, 'arrived')
  ann.session = session
  room.store.hold()
  ann.sayUpdate(updates[1]!)
  // Asked for what is missing, she answers with a step 2, which waits for the disk.
  await until(() => room.store.appends > 0)
  assert.deepEqual(ann.told, [1])
  room.store.release()
  // Each time it does not fit she is asked again, so there may be more than one step 2.
  await until(() => (ann.told.at(-1) ?? 0) >= 3)
  assert.equal(ann.told.includes(2), false)
})

test('the number tells the longest row of edits from the first that are all in the document', () => {
  const kinds = fc.constantFrom('update', 'step2', 'known', 'refused')
  const seed = Number(process.env['FC_SEED'] ?? 80)
  fc.assert(
    fc.property(fc.array(fc.tuple(kinds, fc.nat(9)), { maxLength: 60 }), (steps) => {
      const acknowledgements = new Acknowledgements()
      const waiting: { edit: ClientEdit; ordinal: number }[] = []
      const covered = new Set<number>()
      let count = 0
      let told = 0
      const cover = (ordinal: number, isStep2: boolean): void => {
        covered.add(ordinal)
        if (isStep2) for (let below = 1; below < ordinal; below += 1) covered.add(below)
      }
      for (const [kind, pick] of steps) {
        count += 1
        if (kind === 'known') {
          acknowledgements.receivedKnown(false)
          cover(count, false)
        } else if (kind === 'refused') acknowledgements.receivedRefused()
        else {
          const edit = editOf(kind === 'step2')
          acknowledgements.received(edit)
          waiting.push({ edit, ordinal: count })
        }
        const [next] = waiting.splice(pick % (waiting.length + 1), 1)
        if (next !== undefined) {
          acknowledgements.applied(next.edit)
          cover(next.ordinal, next.edit.isStep2)
        }
        told = acknowledgements.tell() ?? told
        let expected = 0
        while (covered.has(expected + 1)) expected += 1
        assert.equal(told, expected)
      }
    }),
    { seed, numRuns: 500 },
  )
})

function editOf(isStep2: boolean): ClientEdit {
  const update = Y.encodeStateAsUpdate(new Y.Doc())
  return { update, facts: inspectUpdate(update), isStep2, receivedAt: 0 }
}
