/** What becomes of edits that should not be applied, and of those in the same batch. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { inspectUpdate } from '../../src/document/update-inspect.ts'
import type { ErrorCode } from '../../src/protocol/errors.ts'
import { type Author, type ClientEdit, EditQueue } from '../../src/room/edit-queue.ts'
import { buildUpdate, range, structsOf, text } from '../support/bombs/build.ts'
import { CONFLICT_BOMBS } from '../support/bombs/conflicts.ts'

class FakeAuthor implements Author {
  readonly authorId: string
  readonly owner: string
  readonly parked: ClientEdit[] = []
  readonly rejections: ErrorCode[] = []

  constructor(name: string) {
    this.authorId = name
    this.owner = name
  }

  applied(): void {}

  park(edit: ClientEdit): void {
    this.parked.push(edit)
  }

  unpark(): readonly ClientEdit[] {
    return this.parked.splice(0)
  }

  reject(code: ErrorCode): void {
    this.rejections.push(code)
  }
}

function editOf(update: Uint8Array, facts = inspectUpdate(update)): ClientEdit {
  return { update, facts, isStep2: false, receivedAt: 0 }
}

function typing(word: string): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('root').insert(0, word)
  return Y.encodeStateAsUpdate(doc)
}

/** Two clients at the same place, where the second has to pass what the first wrote. */
function costly(size: number): [Uint8Array, Uint8Array] {
  const found = CONFLICT_BOMBS.find(({ name }) => name.includes('line before line')) ?? assert.fail()
  return [found.first(size), found.bomb(size)]
}

/** Well-formed, and Yjs will wait for what it refers to; only its facts hide that. */
function neverApplicable(): ClientEdit {
  const update = buildUpdate({
    structs: [{ client: 66, clock: 0, list: [text({ origin: [67, 5] }, 'x')] }],
    deletes: [{ client: 68, ranges: [[0, 3]] }],
  })
  return editOf(update, inspectUpdate(buildUpdate(structsOf(66, text({}, 'x')))))
}

test('[ROOM-72] of a batch, only the author whose edit was left pending is rejected', () => {
  const doc = new Y.Doc()
  const queue = new EditQueue()
  const [ann, bob, mallory] = ['ann', 'bob', 'mallory'].map((name) => new FakeAuthor(name)) as [
    FakeAuthor,
    FakeAuthor,
    FakeAuthor,
  ]
  queue.pushClient(ann, editOf(typing('one ')))
  queue.pushClient(mallory, neverApplicable())
  queue.pushClient(mallory, editOf(typing('of the rejected ')))
  queue.pushClient(bob, editOf(typing('two ')))
  const [change] = queue.applyTo(doc)
  assert.deepEqual([ann.rejections, bob.rejections, mallory.rejections], [[], [], ['malformed_message']])
  assert.equal(doc.store.pendingStructs ?? doc.store.pendingDs, null)
  assert.deepEqual(doc.getText('root').toJSON().split(' ').toSorted(), ['', 'one', 'two'])
  assert.equal(change?.update !== undefined && !inspectUpdate(change.update).structs.has(66), true)
})

test('[ROOM-70] an edit that costs too much is cut off and its author rejected; log and document stay equal', () => {
  const doc = new Y.Doc()
  const queue = new EditQueue()
  const [ann, mallory] = [new FakeAuthor('ann'), new FakeAuthor('mallory')]
  const [first, then] = costly(2000)
  queue.pushClient(ann, editOf(first))
  queue.pushClient(mallory, editOf(then))
  queue.pushClient(ann, editOf(typing('goes on')))
  const log: Uint8Array[] = []
  do log.push(...queue.applyTo(doc).flatMap(({ update }) => update ?? []))
  while (!queue.isEmpty)
  assert.deepEqual([ann.rejections, mallory.rejections], [[], ['too_large']])
  assert.match(doc.getText('root').toJSON(), /goes on/)
  const logged = new Y.Doc()
  for (const update of log) Y.applyUpdate(logged, update)
  assert.deepEqual(Y.encodeStateAsUpdate(logged), Y.encodeStateAsUpdate(doc))
})

test('[ROOM-71] what costs much is spread over batches, in order, and the room rests after each', () => {
  const doc = new Y.Doc()
  const queue = new EditQueue()
  const [ann, bob] = [new FakeAuthor('ann'), new FakeAuthor('bob')]
  // Each of these passes the 60,000 others; no one alone is too much.
  const many = range(60_000, (i) => text(i === 0 ? {} : { rightOrigin: [1, i - 1] }, 'a'))
  queue.pushClient(ann, editOf(buildUpdate(structsOf(1, ...many))))
  for (let client = 10; client < 16; client += 1) {
    queue.pushClient(bob, editOf(buildUpdate(structsOf(client, text({}, 'b')))))
  }
  const order: string[] = []
  queue.pushServer({ origin: 'merge', change: () => order.push('server') }, 0).catch(() => {})
  queue.pushClient(ann, editOf(typing('last')))
  const bytes = queue.bytes
  queue.applyTo(doc)
  assert.equal(queue.isCutShort, true)
  assert.ok(queue.restMs >= 100, String(queue.restMs))
  assert.ok(queue.bytes > 0 && queue.bytes < bytes)
  assert.deepEqual(order, [])
  let batches = 1
  for (; !queue.isEmpty; batches += 1) queue.applyTo(doc)
  assert.ok(batches >= 3, String(batches))
  assert.deepEqual([order, queue.bytes, queue.isCutShort], [['server'], 0, false])
  assert.match(doc.getText('root').toJSON(), /last/)
  assert.deepEqual([ann.rejections, bob.rejections], [[], []])
})

test('what people do in one batch never makes a room rest', () => {
  const queue = new EditQueue()
  const people = range(100, (i) => new FakeAuthor(`person ${i}`))
  for (const person of people) queue.pushClient(person, editOf(typing('word ')))
  const doc = new Y.Doc()
  queue.applyTo(doc)
  assert.deepEqual([queue.isEmpty, queue.isCutShort, queue.restMs], [true, false, 0])
  assert.equal(doc.getText('root').length, 500)
})

test('edits to places that nobody ever saw end for good when the document has had enough of them', () => {
  const size = 3000
  const bomb = CONFLICT_BOMBS.find(({ name }) => name.includes('into what it says is empty'))!
  const doc = new Y.Doc()
  Y.applyUpdate(doc, bomb.first(size))
  const queue = new EditQueue()
  let [accepted, refused] = [0, 0]
  for (let client = 10; client < 150; client += 1) {
    const author = new FakeAuthor(`sock puppet ${client}`)
    queue.pushClient(author, editOf(buildUpdate(structsOf(client, ...range(10, () => text({}, 'b'))))))
    while (!queue.isEmpty) queue.applyTo(doc)
    if (author.rejections.length > 0) refused += 1
    else accepted += 1
  }
  assert.ok(accepted > 20 && accepted < 60 && refused > 80, `${accepted} ${refused}`)
  const ann = new FakeAuthor('ann')
  queue.pushClient(ann, editOf(typing('still works')))
  queue.applyTo(doc)
  assert.deepEqual(ann.rejections, [])
})
