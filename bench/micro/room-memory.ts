/**
 * What a document costs in memory once it is loaded, beside its encoded size.
 *
 *   node --expose-gc --import tsx bench/micro/room-memory.ts
 *
 * Shapes: a notebook and a text as one client wrote them, a text typed by many people in turn (many
 * small structs), a text pasted in one piece, and a map of JSON values. The last column is the
 * estimate of `src/document/memory-estimate.ts` divided by what was measured. The last line prints the
 * least squares of these rows; the constants lean to notebooks, whose values cost more a byte.
 */
import { Doc, applyUpdate, encodeStateAsUpdate } from 'yjs'
import { createDocument } from '../typing/documents.ts'
import { countStructs, documentMemory } from '../../src/document/memory-estimate.ts'

const SIZES = [10_000, 100_000, 1_000_000, 10_000_000]
/** Copies of small documents, so that what is measured is far above the noise. */
const MEASURED_BYTES = 10_000_000
const MAX_COPIES = 300

type Row = {
  readonly bytes: number
  readonly structs: number
  readonly clients: number
  readonly memory: number
}

const SHAPES: Readonly<Record<string, (bytes: number) => Uint8Array>> = {
  notebook: (bytes) => planned('notebook', bytes),
  text: (bytes) => planned('text', bytes),
  'typed by 3': (bytes) => typed(bytes, 3),
  'typed by 500': (bytes) => typed(bytes, 500),
  pasted: (bytes) => encoded((doc) => doc.getText('source').insert(0, 'x'.repeat(bytes))),
  values: (bytes) =>
    encoded((doc) => {
      const map = doc.getMap<unknown>('values')
      for (let i = 0; i * 60 < bytes; i += 1) map.set(`key ${i}`, { name: `value ${i}`, list: [i, i + 1] })
    }),
}

function planned(shape: 'notebook' | 'text', bytes: number): Uint8Array {
  const { states } = createDocument({ shape, bytes, cells: 0, storedAs: 1 }, 1, 0)
  const doc = new Doc()
  for (const state of states) applyUpdate(doc, state)
  return encodeStateAsUpdate(doc)
}

function encoded(write: (doc: Doc) => void): Uint8Array {
  const doc = new Doc()
  doc.transact(() => write(doc))
  return encodeStateAsUpdate(doc)
}

/** Each character by another person: about 16 bytes a struct, the worst there is. */
function typed(bytes: number, people: number): Uint8Array {
  const doc = new Doc()
  doc.transact(() => {
    const text = doc.getText('source')
    for (let i = 0; i * 16 < bytes; i += 1) {
      doc.clientID = 1000 + (i % people)
      text.insert(i, 'k')
    }
  })
  return encodeStateAsUpdate(doc)
}

function memoryInUse(): number {
  for (let i = 0; i < 4; i += 1) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function load(state: Uint8Array): Doc {
  const doc = new Doc()
  applyUpdate(doc, state)
  return doc
}

function measure(state: Uint8Array): Row {
  const copies = Math.max(1, Math.min(MAX_COPIES, Math.floor(MEASURED_BYTES / state.length)))
  const before = memoryInUse()
  const docs = Array.from({ length: copies }, () => load(state))
  const memory = (memoryInUse() - before) / copies
  const [doc] = docs
  if (doc === undefined) throw new Error('nothing was loaded')
  return { bytes: state.length, structs: countStructs(doc), clients: doc.store.clients.size, memory }
}

/** Least squares of memory / measured = 1 over structs and bytes, so that small documents count as much. */
function fit(rows: readonly Row[]): { readonly perStruct: number; readonly perByte: number } {
  let [ss, sb, bb, s, b] = [0, 0, 0, 0, 0]
  for (const row of rows) {
    const [x, y] = [row.structs / row.memory, row.bytes / row.memory]
    ss += x * x
    sb += x * y
    bb += y * y
    s += x
    b += y
  }
  const determinant = ss * bb - sb * sb
  return { perStruct: (s * bb - b * sb) / determinant, perByte: (b * ss - s * sb) / determinant }
}

if (globalThis.gc === undefined) throw new Error('run with node --expose-gc')
measure(planned('text', 100_000))
const rows: Row[] = []
console.log('shape            encoded    structs  clients     memory  memory/encoded  estimate/memory')
for (const [name, make] of Object.entries(SHAPES)) {
  for (const size of SIZES) {
    const row = measure(make(size))
    rows.push(row)
    console.log(
      [
        name.padEnd(14),
        String(row.bytes).padStart(10),
        String(row.structs).padStart(10),
        String(row.clients).padStart(8),
        Math.round(row.memory).toString().padStart(10),
        (row.memory / row.bytes).toFixed(1).padStart(15),
        (documentMemory({ encodedBytes: row.bytes, structs: row.structs }) / row.memory)
          .toFixed(2)
          .padStart(16),
      ].join(' '),
    )
  }
}
const empty = Array.from({ length: 10_000 }, () => undefined as Doc | undefined)
const before = memoryInUse()
for (let i = 0; i < empty.length; i += 1) empty[i] = new Doc()
console.log(`an empty document: ${Math.round((memoryInUse() - before) / empty.length)} bytes`)
const { perStruct, perByte } = fit(rows)
console.log(`least squares: ${perStruct.toFixed(0)} bytes a struct and ${perByte.toFixed(2)} an encoded byte`)
