import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RefusalCount, type RefusedEdits } from '../../src/room/refusal-count.ts'
import { RoomClient } from '../support/room-client.ts'
import { roomFixture, testDocument } from '../support/room-fixture.ts'

test('[ACCESS-68] the first refusal is told at once, the others once a minute as a number, the rest at the end', () => {
  const told: string[] = []
  const count = new RefusalCount(({ code, count: times }) => told.push(`${times} ${code}`))
  count.add('read_only', 0)
  for (let at = 1; at < 1000; at += 1) count.add('read_only', at)
  count.add('document_full', 1000)
  assert.deepEqual(told, ['1 read_only', '1 document_full'])
  count.add('read_only', 60_000)
  assert.deepEqual(told.slice(2), ['1000 read_only'])
  count.add('read_only', 60_001)
  count.end(60_002)
  count.end(60_003)
  assert.deepEqual(told.slice(3), ['1 read_only'])
})

test('[ACCESS-68] a reader that writes on is told of with its room, as a number, also what came last', async (t) => {
  const told: RefusedEdits[] = []
  const fixture = roomFixture(t, { maxRefusedWrites: 5 }, undefined, {
    onRefused: (refused) => told.push(refused),
  })
  const reader = await fixture.join(new RoomClient('lin', 'read'))
  for (let count = 0; count < 6; count += 1) reader.text.insert(0, 'x')
  const facts = { document: testDocument(), personId: 'lin', code: 'read_only' }
  assert.equal(reader.closedWith, 'read_only')
  assert.deepEqual(told, [
    { ...facts, count: 1 },
    { ...facts, count: 5 },
  ])
  assert.deepEqual(fixture.rooms.present(), [])
})

test('[ACCESS-70] whoever is in a room is told of with since when', async (t) => {
  const fixture = roomFixture(t)
  const since = fixture.clock.now()
  const client = await fixture.join(new RoomClient('lin', 'read'))
  assert.deepEqual(fixture.rooms.present(), [
    { document: testDocument(), principal: client.principal, access: 'read', since },
  ])
})
