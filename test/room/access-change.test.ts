import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import type { RoomSpec } from '../../src/room/ports.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture } from '../support/room-fixture.ts'
import { until } from '../support/until.ts'

/** Two people in one room, both with its document. */
async function pair(t: Parameters<typeof roomFixture>[0], spec?: (plain: RoomSpec) => RoomSpec) {
  // Here one person's edit builds on another's of the same client id.
  const room = roomFixture(t, { hasClientIdOwnership: false })
  const where = spec?.(room.plain) ?? room.plain
  const ann = await room.join(new RoomClient('ann'), where)
  const bob = await room.join(new RoomClient('bob'), where)
  await until(() => ann.isSynced && bob.isSynced)
  return { room, ann, bob, where }
}

test('[ACCESS-41] what was received before the removal counts, also when it is not applied yet', async (t) => {
  const { ann, bob } = await pair(t)
  bob.text.insert(0, 'in time')
  // The batch is taken in a later turn.
  bob.session?.changeAccess('none')
  bob.text.insert(0, 'too late, ')
  await until(() => ann.text.toJSON() === 'in time')
})

test('[ACCESS-41] after the removal nothing is applied, and no answer comes, until somebody closes', async (t) => {
  const { room, ann, bob } = await pair(t)
  bob.session?.changeAccess('none')
  const { length } = bob.frames
  bob.text.insert(0, 'too late')
  bob.sayStep1()
  bob.saySave(1)
  bob.setUser({ name: 'bob' })
  ann.text.insert(0, 'for ann alone')
  const carol = await room.join(new RoomClient('carol'))
  await until(() => carol.text.toJSON() === 'for ann alone')
  assert.equal(bob.frames.length, length)
  assert.equal(bob.closedWith, undefined)
  assert.equal(ann.text.toJSON(), 'for ann alone')
  assert.equal(carol.awareness.getStates().has(bob.doc.clientID), false)
})

test('[ACCESS-43] who is removed disappears from the presence of the others', async (t) => {
  const { room, ann, bob } = await pair(t)
  bob.setUser({ name: 'bob' })
  room.clock.advance(1000)
  await until(() => ann.awareness.getStates().has(bob.doc.clientID))
  bob.session?.changeAccess('none')
  room.clock.advance(1000)
  await until(() => !ann.awareness.getStates().has(bob.doc.clientID))
})

/** Of a document that nobody else has: its second edit builds on the first. */
function twoEdits(): readonly [Uint8Array, Uint8Array] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  doc.getText('source').insert(0, 'first ')
  doc.getText('source').insert(6, 'second')
  const [first, second] = updates
  assert.ok(first !== undefined && second !== undefined)
  return [first, second]
}

for (const access of ['none', 'read'] as const) {
  test(`[ACCESS-41] what waits for another edit is forgotten when its author may ${access === 'none' ? 'nothing' : 'only read'}`, async (t) => {
    const { room, ann, bob } = await pair(t)
    const [first, second] = twoEdits()
    bob.sayUpdate(second)
    ann.text.insert(0, '.')
    await until(() => bob.text.toJSON() === '.')
    // All in one batch: what it waited for, and another edit of Bob, which would bring it in.
    ann.sayUpdate(first)
    bob.text.insert(0, 'bob ')
    bob.session?.changeAccess(access)
    const carol = await room.join(new RoomClient('carol'))
    await until(() => /first/.test(carol.text.toJSON()) && /bob/.test(carol.text.toJSON()))
    assert.doesNotMatch(carol.text.toJSON(), /second/)
  })
}

test('[ACCESS-41] what waited for another edit comes in with the batch that brings it, without a change', async (t) => {
  const { room, ann, bob } = await pair(t)
  const [first, second] = twoEdits()
  bob.sayUpdate(second)
  ann.text.insert(0, '.')
  await until(() => bob.text.toJSON() === '.')
  ann.sayUpdate(first)
  bob.text.insert(0, 'bob ')
  const carol = await room.join(new RoomClient('carol'))
  await until(() => /first second/.test(carol.text.toJSON()) && /bob/.test(carol.text.toJSON()))
})

test('[ACCESS-42] an editor who may only read is told at the next edit, and goes on seeing everything', async (t) => {
  const { ann, bob } = await pair(t, (plain) => ({ ...plain, dialect: 'jupyter' }))
  bob.session?.changeAccess('read')
  bob.text.insert(0, 'x')
  bob.text.insert(0, 'y')
  assert.deepEqual(bob.rawMessages, [{ type: 'conflict' }])
  ann.text.insert(0, 'seen')
  await until(() => bob.text.toJSON().includes('seen'))
  assert.equal(ann.text.toJSON(), 'seen')
  assert.equal(bob.isOpen, true)
})

test('[ACCESS-42] a reader who may edit goes on in place, with what was refused meanwhile', async (t) => {
  const { ann, bob } = await pair(t, (plain) => ({ ...plain, dialect: 'jupyter' }))
  bob.session?.changeAccess('read')
  bob.text.insert(0, 'refused, ')
  bob.session?.changeAccess('edit')
  await until(() => ann.text.toJSON() === 'refused, ')
  bob.text.insert(9, 'taken')
  await until(() => ann.text.toJSON() === 'refused, taken')
  // Told again, when it happens again.
  bob.session?.changeAccess('read')
  bob.text.insert(0, 'x')
  assert.deepEqual(bob.rawMessages, [{ type: 'conflict' }, { type: 'conflict' }])
})
