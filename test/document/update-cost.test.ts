import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeAny, writeVarUint } from 'lib0/encoding'
import * as Y from 'yjs'
import { IntegrationBudget, STORED, withIntegrationBudget } from '../../src/document/update-cost.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import { buildUpdate, item, map, structsOf, text } from '../support/bombs/build.ts'
import { CONFLICT_BOMBS } from '../support/bombs/conflicts.ts'
import { edit, person, REMOTE, seededRandom } from '../support/random-document.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)
const UNLIMITED = { ...STORED, isStored: false }
const LIMITS = { maxSteps: 100_000, maxUnseen: 1_000_000, maxMoves: 100_000_000, isStored: false }

function costOf(doc: Y.Doc, update: Uint8Array, limits = UNLIMITED): IntegrationBudget {
  const budget = new IntegrationBudget(limits)
  withIntegrationBudget(budget, doc, () => Y.applyUpdate(doc, update))
  return budget
}

function isRefused(doc: Y.Doc, update: Uint8Array): boolean {
  try {
    costOf(doc, update, LIMITS)
    return false
  } catch (error) {
    assert.ok(error instanceof SyncError && error.code === 'too_large', String(error))
    return true
  }
}

function docOf(...updates: Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

function stateOf(doc: Y.Doc): Uint8Array {
  return Y.encodeStateAsUpdate(doc)
}

for (const { name, first, bomb } of CONFLICT_BOMBS) {
  test(`an update that ${name} is cut off, and what is left of it costs little to load`, () => {
    const doc = docOf(first(2000))
    assert.equal(isRefused(doc, bomb(2000)), true)
    assert.equal(doc.store.pendingStructs ?? doc.store.pendingDs, null)
    const loaded = new Y.Doc()
    assert.ok(costOf(loaded, stateOf(doc)).steps <= 2.5 * LIMITS.maxSteps)
    assert.deepEqual(stateOf(loaded), stateOf(doc))
    assert.equal(loaded.getText('root').toJSON(), doc.getText('root').toJSON())
  })

  test(`a few structs of an update that ${name} are taken`, () => {
    assert.equal(isRefused(docOf(first(20)), bomb(20)), false)
  })
}

test('the steps are those that Yjs takes', () => {
  for (const { first, bomb } of CONFLICT_BOMBS.filter(({ name }) => !name.includes('key'))) {
    const doc = docOf(first(200))
    const update = bomb(200)
    const counted = new IntegrationBudget(UNLIMITED)
    withIntegrationBudget(counted, doc, () => Y.applyUpdate(doc, update))
    assert.equal(counted.steps - counted.unseen, stepsOfYjs(docOf(first(200)), update))
  }
})

/** Yjs asks each item that it passes for its origin or its left neighbor; these are that many times. */
function stepsOfYjs(doc: Y.Doc, update: Uint8Array): number {
  let steps = 0
  const add = Object.getOwnPropertyDescriptor(Set.prototype, 'add')?.value as Set<unknown>['add']
  // Of the two sets of a walk, the one that nothing is taken from gets each item once.
  Set.prototype.add = function count(this: Set<unknown>, value: unknown) {
    if (value instanceof Y.Item) steps += 0.5
    return add.call(this, value)
  }
  try {
    Y.applyUpdate(doc, update)
  } finally {
    Set.prototype.add = add
  }
  return steps
}

test('what was cut off is taken up again by a later update, a part at a time', () => {
  const [first, then] = [1, 2].map((client) => {
    const doc = new Y.Doc()
    doc.clientID = client
    for (let i = 0; i < 1000; i += 1) doc.getText('log').insert(0, `${client}: line ${i}\n`)
    return doc
  }) as [Y.Doc, Y.Doc]
  const server = docOf(stateOf(first))
  let rounds = 1
  while (isRefused(server, Y.encodeStateAsUpdate(then, Y.encodeStateVector(server)))) rounds += 1
  Y.applyUpdate(then, stateOf(first))
  assert.equal(server.getText('log').toJSON(), then.getText('log').toJSON())
  assert.ok(rounds > 5 && rounds < 20, String(rounds))
})

/** What Yjs collects when the cell that all of this lies in is deleted. */
function cellWith(...structs: Uint8Array[]): Uint8Array {
  return buildUpdate(structsOf(1, map({}), ...structs))
}

const inCell = { parent: [1, 0] } as const
const ODD_PLACES: readonly [string, Uint8Array][] = [
  [
    'between a value of a key and an item of a list',
    cellWith(
      text({ ...inCell, key: 'k' }, 'a'),
      text(inCell, 'b'),
      text({ origin: [1, 1], rightOrigin: [1, 2] }, 'c'),
    ),
  ],
  [
    'in front of a value of a key',
    cellWith(text({ ...inCell, key: 'k' }, 'a'), text({ rightOrigin: [1, 1] }, 'b')),
  ],
  [
    'between items of two types',
    cellWith(text(inCell, 'a'), text({}, 'b'), text({ origin: [1, 1], rightOrigin: [1, 2] }, 'c')),
  ],
]

for (const [where, update] of ODD_PLACES) {
  test(`an item ${where} is refused, and what lies around it can be deleted`, () => {
    const doc = new Y.Doc()
    assert.throws(
      () => costOf(doc, update),
      (error) => error instanceof SyncError && error.code === 'malformed_message',
    )
    doc.getArray('root').delete(0, 1)
    assert.equal(doc.store.pendingStructs, null)
  })
}

test('two values of a key in one item do not break what they lie in', () => {
  const doc = new Y.Doc()
  const values = item(8, { ...inCell, key: 'k' }, (encoder) => {
    writeVarUint(encoder, 2)
    for (const value of ['a', 'b']) writeAny(encoder, value)
  })
  costOf(doc, cellWith(values))
  costOf(doc, buildUpdate({ deletes: [{ client: 1, ranges: [[2, 1]] }] }))
  costOf(doc, buildUpdate({ deletes: [{ client: 1, ranges: [[0, 1]] }] }))
  assert.deepEqual(doc.getArray('root').toJSON(), [])
  const loaded = docOf(stateOf(doc))
  assert.equal(Y.getState(loaded.store, 1), 3)
})

test('outside of a budget nothing is counted or refused', () => {
  const [{ first, bomb } = assert.fail()] = CONFLICT_BOMBS
  const budget = new IntegrationBudget({ ...LIMITS, maxSteps: 0 })
  withIntegrationBudget(budget, new Y.Doc(), () => {})
  docOf(first(100), bomb(100))
  assert.equal(budget.steps, 0)
})

test('ten thousand lines put above each other by one person cost nothing', () => {
  const doc = new Y.Doc()
  const server = new Y.Doc()
  const budget = new IntegrationBudget({ ...LIMITS, maxSteps: 0 })
  doc.on('update', (update: Uint8Array) => {
    withIntegrationBudget(budget, server, () => Y.applyUpdate(server, update))
  })
  for (let i = 0; i < 10_000; i += 1) doc.getText('log').insert(0, `line ${i}\n`)
  assert.equal(server.getText('log').length, doc.getText('log').length)
  assert.equal(costOf(new Y.Doc(), stateOf(doc)).steps, 0)
})

test('two hundred people who type at the same place at once cost a few steps each', (t) => {
  const server = docOf()
  const people = Array.from({ length: 200 }, () => new Y.Doc())
  let steps = 0
  for (let key = 0; key < 10; key += 1) {
    const typed = people.map((doc) => {
      const before = Y.encodeStateVector(doc)
      doc.getText('t').insert(Math.min(key, doc.getText('t').length), 'x')
      return Y.encodeStateAsUpdate(doc, before)
    })
    for (const update of typed) steps += costOf(server, update, LIMITS).steps
    for (const doc of people) Y.applyUpdate(doc, Y.encodeStateAsUpdate(server, Y.encodeStateVector(doc)))
  }
  t.diagnostic(JSON.stringify({ stepsPerEdit: steps / 2000 }))
  assert.ok(steps / 2000 < 200, String(steps / 2000))
})

test('undoing and redoing what lay inside restored types never claims an unseen place', () => {
  const doc = new Y.Doc()
  const cells = doc.getArray<Y.Text>('cells')
  const undo = new Y.UndoManager(cells, { captureTimeout: 0 })
  const server = new Y.Doc()
  const budget = new IntegrationBudget(LIMITS)
  doc.on('update', (update: Uint8Array) => {
    withIntegrationBudget(budget, server, () => Y.applyUpdate(server, update))
  })
  for (let i = 0; i < 30; i += 1) {
    const cell = new Y.Text()
    cells.insert(0, [cell])
    for (let j = 0; j < 10; j += 1) cell.insert((j * 7) % (cell.length + 1), `word ${j} `)
    cell.delete(3, 12)
    if (i % 3 === 0) cells.delete(0)
  }
  for (let round = 0; round < 3; round += 1) {
    while (undo.canUndo()) undo.undo()
    while (undo.canRedo()) undo.redo()
  }
  assert.equal(server.getArray('cells').length, cells.length)
  assert.equal(budget.unseen, 0)
  assert.ok(budget.steps < 1000, String(budget.steps))
})

test(`what people and their undo managers do, in any order, costs next to nothing (seed ${SEED})`, (t) => {
  let [dearest, unseen, load, updates] = [0, 0, 0, 0]
  for (let i = 0; i < 12; i += 1) {
    const random = seededRandom(SEED + i)
    const people = Array.from({ length: 2 + random.int(5) }, () => person(random, random.chance(0.8)))
    const server = new Y.Doc()
    for (let j = 0; j < 400; j += 1) {
      const someone = random.pick(people)
      edit(someone, random)
      if (!random.chance(0.15)) continue
      const cost = costOf(server, Y.encodeStateAsUpdate(someone.doc, Y.encodeStateVector(server)))
      dearest = Math.max(dearest, cost.steps)
      unseen += cost.unseen
      updates += 1
      Y.applyUpdate(someone.doc, Y.encodeStateAsUpdate(server, Y.encodeStateVector(someone.doc)), REMOTE)
    }
    load = Math.max(load, costOf(new Y.Doc(), stateOf(server)).steps)
  }
  t.diagnostic(JSON.stringify({ updates, dearest, unseen, load }))
  assert.ok(updates > 500 && dearest > 0)
  assert.ok(dearest < LIMITS.maxSteps / 20 && load < LIMITS.maxSteps / 20, `${dearest} ${load}`)
  assert.equal(unseen, 0)
})
