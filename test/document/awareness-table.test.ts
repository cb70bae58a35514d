import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AwarenessTable, type AwarenessVerdict } from '../../src/document/awareness-table.ts'

type Owner = { readonly ownerKey: string }

const ann: Owner = { ownerKey: 'ann' }
const bob: Owner = { ownerKey: 'bob' }

type Said = { readonly text: string | null; readonly atMs: number }

const MINUTE = 60_000

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A table that is told JSON texts and shows them as they are. */
function tableOf(maxClientIdsPerOwner = 2) {
  const table = new AwarenessTable<Owner>({ maxClientIdsPerOwner })
  /** A minute after the clock before, unless a time is given. */
  const say = (
    owner: Owner,
    clientId: number,
    clock: number,
    said: string | null | Said,
  ): AwarenessVerdict => {
    const { text, atMs } =
      typeof said === 'object' && said !== null ? said : { text: said, atMs: clock * MINUTE }
    const state = text === null ? null : bytesOf(text)
    const entry = { clientId, clock, state }
    const verdict = table.judge(owner, entry, { atMs })
    if (verdict === 'renewal' || verdict === 'repeat') table.renew(entry, { atMs })
    if (verdict === 'change')
      table.change(owner, entry, { atMs, state: state === null ? null : { said: state, shown: state } })
    return verdict
  }
  const present = () =>
    table
      .present()
      .map(({ clientId, clock, state }) => [clientId, clock, Buffer.from(state ?? []).toString()])
  return { table, say, present }
}

test('[ROOM-22] an entry belongs to who introduced it', () => {
  const { say, present } = tableOf()
  assert.equal(say(ann, 1, 1, '{}'), 'change')
  assert.equal(say(bob, 1, 9, '{"x":1}'), 'drop')
  assert.equal(say(bob, 1, 9, null), 'drop')
  assert.deepEqual(present(), [[1, 1, '{}']])
})

test('older clocks and equal ones are dropped, but a removal at the same clock counts', () => {
  const { table, say, present } = tableOf()
  say(ann, 1, 5, '{}')
  assert.equal(say(ann, 1, 5, '{"a":1}'), 'drop')
  assert.equal(say(ann, 1, 4, '{"a":1}'), 'drop')
  assert.equal(say(ann, 1, 4, null), 'drop')
  assert.equal(say(ann, 1, 5, null), 'change')
  assert.deepEqual(present(), [])
  assert.equal(table.size, 1)
  assert.equal(say(ann, 1, 6, null), 'drop')
  assert.equal(say(ann, 1, 6, '{}'), 'change')
})

test('[ROOM-40] the same bytes with a higher clock are a renewal; other bytes, or another session, are not', () => {
  const { say, present } = tableOf()
  say(ann, 1, 1, '{"a":1}')
  assert.equal(say(ann, 1, 2, '{"a":1}'), 'renewal')
  assert.deepEqual(present(), [[1, 2, '{"a":1}']])
  assert.equal(say(ann, 1, 3, '{"a": 1}'), 'change')
  // Its name may have changed in between.
  assert.equal(say({ ownerKey: 'ann' }, 1, 4, '{"a": 1}'), 'change')
})

test('[ROOM-40] one that comes back with an old clock is not seen before its next, which cannot wait', () => {
  const { table, say } = tableOf()
  say(bob, 2, 1, '{}')
  say(ann, 1, 5, '{}')
  assert.deepEqual(
    table.removeOwner(ann).map(({ clientId, clock, state }) => [clientId, clock, state]),
    [[1, 5, null]],
  )
  assert.equal(say(ann, 1, 5, '{}'), 'change')
  assert.equal(say(ann, 1, 6, '{}'), 'repeat')
  assert.equal(say(ann, 1, 7, '{}'), 'renewal')
})

test('[ROOM-40] who says the same again within seconds is not renewing it', () => {
  const { say } = tableOf()
  const text = '{"a":1}'
  assert.equal(say(ann, 1, 1, { text, atMs: 0 }), 'change')
  assert.equal(say(ann, 1, 2, { text, atMs: 200 }), 'repeat')
  assert.equal(say(ann, 1, 3, { text, atMs: 5199 }), 'repeat')
  assert.equal(say(ann, 1, 4, { text, atMs: 20_199 }), 'renewal')
})

test('[ROOM-22] who repeats the state of one that left, not knowing it yet, does not bring it back', () => {
  const { table, say, present } = tableOf()
  const otherTab = { ownerKey: 'ann' }
  say(ann, 1, 5, '{}')
  say(bob, 2, 1, '{}')
  say(otherTab, 3, 1, '{}')
  table.removeOwner(ann)
  assert.equal(say(bob, 1, 5, '{}'), 'drop')
  assert.equal(say(otherTab, 1, 5, '{}'), 'drop')
  assert.deepEqual(present(), [
    [2, 1, '{}'],
    [3, 1, '{}'],
  ])
  assert.equal(say({ ownerKey: 'ann' }, 1, 5, '{}'), 'change')
})

test('the latest clients that left are remembered, and no more', () => {
  const { table, say } = tableOf()
  const ownerOf = (clientId: number): Owner => ({ ownerKey: `one ${clientId}` })
  const comeAndGo = (clientId: number): void => {
    const owner = ownerOf(clientId)
    say(owner, clientId, 5, '{}')
    table.removeOwner(owner)
  }
  for (let clientId = 1; clientId <= 501; clientId += 1) comeAndGo(clientId)
  assert.equal(say(bob, 2, 5, '{}'), 'drop')
  assert.equal(say(bob, 1, 5, '{}'), 'change')
  table.forgetGone()
  assert.equal(say(bob, 2, 5, '{}'), 'change')
})

test('one owner introduces only so many client ids', () => {
  const { say } = tableOf(2)
  assert.deepEqual(
    [1, 2, 3].map((clientId) => say(ann, clientId, 1, '{}')),
    ['change', 'change', 'drop'],
  )
})

test('a row is live: who holds it sees what its owner says next, and that it left', () => {
  const { table, say } = tableOf()
  say(ann, 1, 1, '{}')
  const [row] = table.present()
  say(ann, 1, 2, '{"a":1}')
  assert.equal(row?.clock, 2)
  assert.deepEqual(row.state, bytesOf('{"a":1}'))
  table.removeOwner(ann)
  assert.equal(row.state, null)
})

test('property: nobody changes what another person introduced, and a removed owner leaves nothing behind', () => {
  const step = fc.record({
    owner: fc.constantFrom(ann, bob),
    clientId: fc.integer({ min: 1, max: 4 }),
    clock: fc.integer({ min: 0, max: 5 }),
    text: fc.constantFrom('{}', '{"a":1}', null),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { table, say } = tableOf(4)
      const introducedBy = new Map<number, Owner>()
      for (const { owner, clientId, clock, text } of steps) {
        if (say(owner, clientId, clock, text) === 'drop') continue
        assert.equal(introducedBy.get(clientId) ?? owner, owner)
        introducedBy.set(clientId, owner)
      }
      table.removeOwner(ann)
      table.removeOwner(bob)
      assert.equal(table.size, 0)
    }),
    { seed: Number(process.env['FC_SEED'] ?? 20261124) },
  )
})
