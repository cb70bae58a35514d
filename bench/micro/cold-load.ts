/**
 * How a stored document becomes a live one: at once, and in turns.
 *
 *   node --import tsx --single-threaded-gc bench/micro/cold-load.ts
 *
 * A turn is one round of the event loop. Its time also holds what other processes took meanwhile; its
 * CPU is that of all threads of this one, those that collect garbage included. Best of ROUNDS, as
 * whatever disturbs only adds. What the longest turns have beyond their 3 ms is mostly V8 copying the
 * young part of a document that is being built (`--max-semi-space-size=2` shows it).
 */
import * as Y from 'yjs'
import { Replay } from '../../src/document/replay.ts'
import { BackgroundTurns } from '../../src/room/background-turns.ts'
import { systemClock } from '../../src/room/clock.ts'
import { createDocument } from '../typing/documents.ts'

const ROUNDS = 5

type Stored = { readonly name: string; readonly snapshot: Uint8Array; readonly tail: readonly Uint8Array[] }

/** Three people who insert a few words at a time in each other's text: many small structs. */
function typedText(bytes: number): Uint8Array {
  const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()]
  for (let turn = 0; turn * 75 < bytes; turn += 1) {
    const text = docs[turn % 3]!.getText('source')
    text.insert(Math.max(0, text.length - 1 - ((turn * 7919) % 400)), 'typed text here')
    if (turn % 5 === 0) text.delete(text.length - 1, 1)
    if (turn % 30 === 29) for (const other of docs) for (const from of docs) sync(from, other)
  }
  for (const from of docs.slice(1)) sync(from, docs[0]!)
  return Y.encodeStateAsUpdate(docs[0]!)
}

function sync(from: Y.Doc, to: Y.Doc): void {
  if (from !== to) Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)))
}

function notebook(bytes: number): Uint8Array {
  const [state] = createDocument({ shape: 'notebook', bytes, cells: 0, storedAs: 0 }, 1, 0).states
  return state!
}

/** Keys at the end of a text, one record each, behind a snapshot. */
function withTail(name: string, snapshot: Uint8Array, records: number): Stored {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, snapshot)
  const tail: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => tail.push(update))
  for (let i = 0; i < records; i += 1) doc.getText('source').insert(i, 'k')
  return { name, snapshot, tail }
}

function atOnce({ snapshot, tail }: Stored): Y.Doc {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of [snapshot, ...tail]) Y.applyUpdate(doc, update)
  })
  return doc
}

type Measured = {
  readonly longestMs: number
  readonly longestCpuMs: number
  readonly totalMs: number
  readonly cpuMs: number
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function measure(build: () => Promise<void> | void): Promise<Measured> {
  const nextRound = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  await nextRound()
  const startedAt = performance.now()
  const startedCpu = cpuMs()
  let last = { at: startedAt, cpu: startedCpu }
  let longestMs = 0
  let longestCpuMs = 0
  let isRunning = true
  const watch = (): void => {
    const now = { at: performance.now(), cpu: cpuMs() }
    longestMs = Math.max(longestMs, now.at - last.at)
    longestCpuMs = Math.max(longestCpuMs, now.cpu - last.cpu)
    last = now
    if (isRunning) setImmediate(watch)
  }
  setImmediate(watch)
  await build()
  isRunning = false
  watch()
  await nextRound()
  return { longestMs, longestCpuMs, totalMs: last.at - startedAt, cpuMs: last.cpu - startedCpu }
}

async function best(build: () => Promise<void> | void): Promise<Measured> {
  await measure(build)
  const runs: Measured[] = []
  for (let i = 0; i < ROUNDS; i += 1) runs.push(await measure(build))
  const least = (key: keyof Measured): number => Math.min(...runs.map((run) => run[key]))
  return {
    longestMs: least('longestMs'),
    longestCpuMs: least('longestCpuMs'),
    totalMs: least('totalMs'),
    cpuMs: least('cpuMs'),
  }
}

function show({ longestMs, longestCpuMs, totalMs, cpuMs: cpu }: Measured): string {
  const longest = `longest turn ${longestMs.toFixed(1)} ms (CPU ${longestCpuMs.toFixed(1)})`
  return `${longest.padEnd(42)}in all ${totalMs.toFixed(0)} ms (CPU ${cpu.toFixed(0)})`
}

const documents: Stored[] = [
  { name: 'notebook, 1 MB', snapshot: notebook(1e6), tail: [] },
  { name: 'notebook, 10 MB', snapshot: notebook(10e6), tail: [] },
  { name: 'typed text, 1 MB', snapshot: typedText(1e6), tail: [] },
  { name: 'typed text, 10 MB', snapshot: typedText(10e6), tail: [] },
  withTail('1 MB and 4,000 records', notebook(1e6), 4000),
]
for (const stored of documents) {
  const structs = Y.decodeUpdate(stored.snapshot).structs.length
  console.log(`${stored.name}: ${stored.snapshot.length} bytes, ${structs} structs`)
  console.log('  at once ', show(await best(() => void atOnce(stored))))
  const turns = new BackgroundTurns(systemClock)
  const inTurns = async (): Promise<void> => {
    const replay = new Replay([stored.snapshot, ...stored.tail])
    await turns.run((hasTime) => replay.run(hasTime))
  }
  console.log('  in turns', show(await best(inTurns)))
}
