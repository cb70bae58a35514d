/**
 * What the update inspector costs beside what Yjs costs.
 *
 *   node --import tsx bench/micro/inspect-update.ts
 *
 * Keystrokes: one character each, from 1 and from 3 people. Documents: a notebook of many cells, and
 * a text typed by three people in turn (many small structs), at about 1 MB and 10 MB.
 */
import { performance } from 'node:perf_hooks'
import * as Y from 'yjs'
import { applyWithin } from '../../src/document/apply-within.ts'
import { isApplicable } from '../../src/document/update-applicable.ts'
import { IntegrationBudget } from '../../src/document/update-cost.ts'
import { inspectUpdate } from '../../src/document/update-inspect.ts'

const ROUNDS = 7
const LIMITS = { maxSteps: 100_000, maxUnseen: 1_000_000, maxMoves: 100_000_000, isStored: false }
/** What is inspected anyway is not paid for twice. */
const NO_DELETES = inspectUpdate(Uint8Array.of(0, 0))

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >>> 1]!
}

function medianMs(rounds: number, run: () => void): number {
  const times: number[] = []
  for (let i = 0; i < rounds; i += 1) {
    const start = performance.now()
    run()
    times.push(performance.now() - start)
  }
  return median(times)
}

function keystrokes(people: number, count: number): Uint8Array[] {
  const docs = Array.from({ length: people }, () => new Y.Doc())
  const updates: Uint8Array[] = []
  for (const doc of docs) {
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'remote') return
      updates.push(update)
      for (const other of docs) if (other !== doc) Y.applyUpdate(other, update, 'remote')
    })
  }
  for (let i = 0; i < count; i += 1) {
    const text = docs[i % people]!.getText('source')
    if (i % 10 === 9) text.delete(text.length - 1, 1)
    else text.insert(text.length, 'k')
  }
  return updates
}

function notebook(bytes: number): Uint8Array {
  const doc = new Y.Doc()
  const cells = doc.getArray('cells')
  const line = 'result = some_function(argument, other=42)  # a comment\n'
  doc.transact(() => {
    for (let size = 0; size < bytes; size += 620) {
      cells.push([
        new Y.Map<unknown>([
          ['id', `cell-${size}`],
          ['cell_type', 'code'],
          ['source', new Y.Text(line.repeat(6))],
          ['metadata', new Y.Map([['tags', ['a', 'b']]])],
          ['outputs', Y.Array.from([new Y.Map([['output_type', 'stream']])])],
          ['execution_count', size],
        ]),
      ])
    }
  })
  return Y.encodeStateAsUpdate(doc)
}

function typedText(bytes: number): Uint8Array {
  const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()]
  // Each turn leaves about 75 bytes: the inserted text splits what was there.
  for (let turn = 0; turn * 75 < bytes; turn += 1) {
    const text = docs[turn % 3]!.getText('source')
    text.insert(Math.max(0, text.length - 1 - ((turn * 7919) % 400)), 'typed text here')
    if (turn % 5 === 0) text.delete(text.length - 1, 1)
    if (turn % 3000 === 2999) for (const other of docs) for (const from of docs) sync(from, other)
  }
  for (const from of docs.slice(1)) sync(from, docs[0]!)
  return Y.encodeStateAsUpdate(docs[0]!)
}

function sync(from: Y.Doc, to: Y.Doc): void {
  Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)))
}

function benchKeystrokes(people: number): void {
  const updates = keystrokes(people, 20_000)
  const inspect = medianMs(ROUNDS, () => {
    for (const update of updates) isApplicable(inspectUpdate(update), () => Number.MAX_SAFE_INTEGER)
  })
  const apply = medianMs(3, () => {
    const doc = new Y.Doc()
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const applyCounted = medianMs(3, () => {
    const doc = new Y.Doc()
    for (const update of updates) {
      const budget = new IntegrationBudget(LIMITS)
      applyWithin(budget, doc, { update, facts: NO_DELETES, origin: 'bench' })
    }
  })
  const perUpdate = (ms: number): string => `${((ms / updates.length) * 1000).toFixed(2)} us`
  console.log(
    `keystroke, ${people} typing`.padEnd(26),
    `inspect ${perUpdate(inspect)}`.padEnd(24),
    `Y.applyUpdate ${perUpdate(apply)}`.padEnd(28),
    `within a budget ${perUpdate(applyCounted)}`,
  )
}

function benchDocument(name: string, update: Uint8Array): void {
  const { structs } = Y.decodeUpdate(update)
  const inspect = medianMs(ROUNDS, () => inspectUpdate(update))
  const apply = medianMs(3, () => Y.applyUpdate(new Y.Doc(), update))
  const megabytes = update.length / 1e6
  console.log(
    `${name}, ${megabytes.toFixed(1)} MB`.padEnd(26),
    `inspect ${inspect.toFixed(1)} ms, ${(megabytes / (inspect / 1000)).toFixed(0)} MB/s`.padEnd(32),
    `Y.applyUpdate ${apply.toFixed(1)} ms`.padEnd(28),
    `+${((inspect / apply) * 100).toFixed(0)} %, ${structs.length} structs`,
  )
}

for (const people of [1, 3]) benchKeystrokes(people)
for (const bytes of [1e6, 10e6]) {
  benchDocument('notebook', notebook(bytes))
  benchDocument('typed text', typedText(bytes))
}
