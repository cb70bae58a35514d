/**
 * What a snapshot costs the thread that serves everybody: encoding the live document, as it was done
 * before; building it here from what is stored; leaving that to another thread; and looking at the
 * live document for the comparison. Reading from the store is not part of it.
 *
 *   node --import tsx bench/micro/compaction.ts
 *
 * CPU of the main thread alone, as Linux counts it; best of ROUNDS.
 */
import { readFileSync } from 'node:fs'
import * as Y from 'yjs'
import { buildSnapshot } from '../../src/document/build-snapshot.ts'
import { encodeDeletes, orderDigest, structCount } from '../../src/document/document-facts.ts'
import { systemClock } from '../../src/room/clock.ts'
import { SnapshotThread } from '../../src/room/snapshot-thread.ts'
import { createDocument } from '../typing/documents.ts'

const ROUNDS = 5
const LEAST_MS = 30
const MAX_RUNS = 100
const RECORDS = 1000

function mainThreadMs(): number {
  const [onCpuNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
  return Number(onCpuNs) / 1e6
}

/** The count moves in steps of some milliseconds, so what is short runs many times. */
async function best(run: () => unknown): Promise<number> {
  let each = Number.POSITIVE_INFINITY
  for (let i = 0; i < ROUNDS; i += 1) {
    const before = mainThreadMs()
    let runs = 0
    for (; runs === 0 || (runs < MAX_RUNS && mainThreadMs() - before < LEAST_MS); runs += 1) await run()
    each = Math.min(each, (mainThreadMs() - before) / runs)
  }
  return each
}

/** Three people in turn, a few characters at a time, anywhere: a struct for each 25 bytes. */
function typedText(bytes: number): Uint8Array[] {
  const doc = new Y.Doc()
  for (let turn = 0; turn * 25 < bytes; turn += 1) {
    doc.clientID = 1 + (turn % 3)
    const text = doc.getText('source')
    text.insert((turn * 7919) % (text.length + 1), 'typed')
  }
  return [Y.encodeStateAsUpdate(doc)]
}

function notebook(bytes: number): readonly Uint8Array[] {
  return createDocument({ shape: 'notebook', bytes, cells: 0, storedAs: 0 }, 1, 0).states
}

/** As it lies in the log when compaction is due. */
function withTail(states: readonly Uint8Array[]): Uint8Array[] {
  const doc = new Y.Doc()
  for (const state of states) Y.applyUpdate(doc, state)
  const updates = [...states]
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let i = 0; i < RECORDS; i += 1) doc.getText('source').insert(i, 'k')
  return updates
}

const ms = (value: number): string => value.toFixed(2).padStart(9)
console.log('ms of the main thread'.padEnd(24), '  structs   encode   inline   thread  deletes    order')
const snapshots = new SnapshotThread({ clock: systemClock, onFailure: (error) => console.error(error) })
const documents = [
  ['empty', []],
  ...[20_000, 60_000, 250_000, 1e6, 10e6].map((bytes) => [`notebook, ${bytes / 1000} KB`, notebook(bytes)]),
  ...[20_000, 60_000, 250_000, 1e6, 5e6].map((bytes) => [`typed text, ${bytes / 1000} KB`, typedText(bytes)]),
] as [string, readonly Uint8Array[]][]
for (const [name, states] of documents) {
  const updates = withTail(states)
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  const columns = [
    String(structCount(doc)).padStart(9),
    ms(await best(() => Y.encodeStateAsUpdate(doc))),
    ms(await best(() => buildSnapshot(updates))),
    ms(await best(() => snapshots.build(() => Promise.resolve(updates)))),
    ms(await best(() => encodeDeletes(doc))),
    ms(await best(() => orderDigest(doc))),
  ]
  console.log(name.padEnd(24), columns.join(''))
}
await snapshots.close()
