import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import type { ClockRange, UpdateContent } from '../../../bench/typing/contract.ts'
import { readUpdate } from '../../../bench/typing/update-content.ts'
import { edit, person, seededRandom } from '../../support/random-document.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)

function merged(ranges: readonly ClockRange[]): ClockRange[] {
  const result: ClockRange[] = []
  for (const range of ranges) {
    const last = result.at(-1)
    if (last?.client === range.client && last.clock + last.length === range.clock)
      result.splice(-1, 1, { ...last, length: last.length + range.length })
    else result.push({ ...range })
  }
  return result
}

function asYjsReads(update: Uint8Array): UpdateContent {
  const { structs, ds } = Y.decodeUpdate(update)
  const present = structs
    .filter((struct) => !(struct instanceof Y.Skip))
    .map(({ id, length }) => ({ client: id.client, clock: id.clock, length }))
  const deleted = [...ds.clients].flatMap(([client, items]) =>
    items.map(({ clock, len }) => ({ client, clock, length: len })),
  )
  return { structs: merged(present), deletes: merged(deleted) }
}

test('ranges are those that Yjs decodes, with every kind of content, merged, cut and with gaps', () => {
  let gaps = 0
  fc.assert(
    fc.property(fc.integer({ min: 0 }), fc.boolean(), (seed, isCollecting) => {
      const random = seededRandom(seed)
      const people = [person(random, isCollecting), person(random, isCollecting)]
      for (let i = 0; i < 25; i += 1) {
        for (const someone of people) edit(someone, random)
        if (random.chance(0.1)) Y.applyUpdate(people[0]!.doc, Y.encodeStateAsUpdate(people[1]!.doc))
      }
      const sent = people.flatMap((someone) => someone.sent)
      const some = sent.filter(() => random.chance(0.5))
      const whole = Y.encodeStateAsUpdate(people[0]!.doc)
      const updates = [...sent, whole, Y.diffUpdate(whole, Y.encodeStateVectorFromUpdate(sent[0]!))]
      if (some.length > 1) updates.push(Y.mergeUpdates(some))
      for (const update of updates) {
        if (Y.decodeUpdate(update).structs.some((struct) => struct instanceof Y.Skip)) gaps += 1
        assert.deepEqual(readUpdate(update), asYjsReads(update))
      }
    }),
    { seed: SEED, numRuns: 60 },
  )
  assert.ok(gaps > 0, 'no update with a gap was tried')
})

test('lists of JSON, as old Yjs wrote them, count each value', () => {
  const encoder = encoding.createEncoder()
  const numbers = [1, 1, 7, 40]
  for (const number of numbers) encoding.writeVarUint(encoder, number)
  encoding.writeUint8(encoder, 2)
  encoding.writeVarUint(encoder, 1)
  encoding.writeVarString(encoder, 'list')
  encoding.writeVarUint(encoder, 3)
  for (const json of ['{"a":1}', 'undefined', '"é"']) encoding.writeVarString(encoder, json)
  encoding.writeVarUint(encoder, 0)
  const update = encoding.toUint8Array(encoder)
  assert.deepEqual(readUpdate(update), { structs: [{ client: 7, clock: 40, length: 3 }], deletes: [] })
  assert.deepEqual(readUpdate(update), asYjsReads(update))
})

test('an update that ends too early is refused instead of read beyond its end', () => {
  const doc = new Y.Doc()
  doc.getText('source').insert(0, 'some text 🛶')
  doc.getMap('meta').set('key', { list: [1, 'two'] })
  doc.getText('source').delete(2, 3)
  const update = Y.encodeStateAsUpdate(doc)
  for (let length = 0; length < update.length; length += 1)
    assert.throws(() => readUpdate(update.subarray(0, length)), { name: 'SyncError' })
})
