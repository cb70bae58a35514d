import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { applyWithin } from '../../src/document/apply-within.ts'
import { IntegrationBudget, STORED } from '../../src/document/update-cost.ts'
import { inspectUpdate } from '../../src/document/update-inspect.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import { buildUpdate, range, structsOf, text } from '../support/bombs/build.ts'
import { edit, person, seededRandom } from '../support/random-document.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)
const UNLIMITED = { ...STORED, isStored: false }
const LIMITS = { ...UNLIMITED, maxMoves: 1_000_000 }

/** True when all of it was applied. */
function apply(doc: Y.Doc, update: Uint8Array, limits = LIMITS): boolean {
  try {
    const edit = { update, facts: inspectUpdate(update), origin: 'test' }
    applyWithin(new IntegrationBudget(limits), doc, edit)
    return true
  } catch (error) {
    assert.ok(error instanceof SyncError && error.code === 'too_large', String(error))
    return false
  }
}

function typed(length: number): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = 7
  doc.getText('root').insert(0, 'x'.repeat(length))
  doc.clientID = 8
  return doc
}

const everySecond = (count: number): Uint8Array =>
  buildUpdate({ deletes: [{ client: 7, ranges: range(count, (i) => [i * 2, 1] as const) }] })

test('deletes in thousands of places are applied a part at a time, and repeating them goes on', () => {
  const doc = typed(10_000)
  let rounds = 1
  let length = doc.getText('root').length
  for (; !apply(doc, everySecond(5000)); rounds += 1) {
    assert.ok(doc.getText('root').length < length, 'no progress')
    length = doc.getText('root').length
  }
  assert.ok(rounds > 3, String(rounds))
  const whole = typed(10_000)
  Y.applyUpdate(whole, everySecond(5000))
  assert.deepEqual(Y.encodeStateAsUpdate(doc), Y.encodeStateAsUpdate(whole))
})

test('what is deleted already costs nothing, however much of it there is', () => {
  const doc = typed(10_000)
  Y.applyUpdate(doc, everySecond(5000))
  assert.equal(apply(doc, everySecond(5000), { ...LIMITS, maxMoves: 0 }), true)
  assert.equal(apply(new Y.Doc(), Y.encodeStateAsUpdate(doc), { ...LIMITS, maxMoves: 0 }), true)
})

test('inserting in thousands of places is cut off where the budget ends', () => {
  const doc = typed(40_000)
  const inserts = range(4000, (i) => text({ origin: [7, i * 10 + 4], rightOrigin: [7, i * 10 + 5] }, 'new'))
  assert.equal(apply(doc, buildUpdate(structsOf(9, ...inserts))), false)
  const taken = Y.getState(doc.store, 9) / 3
  assert.ok(taken > 500 && taken < 2000, String(taken))
  assert.equal(doc.store.pendingStructs, null)
})

test('overwriting what held many nested types is no split', () => {
  const doc = new Y.Doc()
  const cells = Array.from({ length: 3000 }, () => new Y.Map([['source', new Y.Text('text')]]))
  doc.getMap('meta').set('outputs', Y.Array.from(cells))
  const other = new Y.Doc()
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc))
  const before = Y.encodeStateVector(other)
  other.getMap('meta').set('outputs', null)
  other.getText('root').insert(0, 'more')
  assert.equal(apply(doc, Y.encodeStateAsUpdate(other, before), { ...LIMITS, maxMoves: 0 }), true)
})

test(`within the budget the outcome is that of Yjs (seed ${SEED})`, () => {
  const random = seededRandom(SEED)
  for (let i = 0; i < 20; i += 1) {
    const people = [person(random), person(random)]
    const server = new Y.Doc()
    const oracle = new Y.Doc()
    for (let j = 0; j < 300; j += 1) edit(random.pick(people), random)
    for (const { doc } of people) {
      const update = Y.encodeStateAsUpdate(doc)
      server.transact(() => assert.equal(apply(server, update, UNLIMITED), true))
      Y.applyUpdate(oracle, update)
    }
    assert.deepEqual(Y.encodeStateVector(server), Y.encodeStateVector(oracle))
    assert.equal(server.getText('text').toJSON(), oracle.getText('text').toJSON())
    assert.ok(Y.equalSnapshots(Y.snapshot(server), Y.snapshot(oracle)))
  }
})
