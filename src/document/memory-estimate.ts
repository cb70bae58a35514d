/**
 * What a live document costs in memory, without measuring the heap.
 *
 * Yjs keeps an object for each struct, so memory follows their number far more than the encoded size:
 * the same megabyte is 1 MB as one paste and 15 as single characters of many people. The constants
 * come from `node --expose-gc --import tsx bench/micro/room-memory.ts`, where the estimate is 0.7 to 2
 * times what texts and notebooks of 10 KB to 10 MB cost; maps of many small JSON values cost 2.4 times
 * the estimate.
 */
import type { Doc } from 'yjs'

const BYTES_PER_STRUCT = 200
const BYTES_PER_ENCODED_BYTE = 2
/** Before the structs are known; the measured rows reach from 1 (one paste) to 40 (single characters of 500 people). */
const BYTES_PER_STORED_BYTE = 5
/** The document, its room and what hangs on both, before anybody writes. */
const EMPTY_BYTES = 5000

export type DocumentExtent = {
  /** As one Yjs update (V1). */
  readonly encodedBytes: number
  readonly structs: number
}

/** Estimated bytes of heap. */
export function documentMemory({ encodedBytes, structs }: DocumentExtent): number {
  return EMPTY_BYTES + structs * BYTES_PER_STRUCT + encodedBytes * BYTES_PER_ENCODED_BYTE
}

/** The same for a document that is still on disk, as snapshot and log. */
export function storedDocumentMemory(storedBytes: number): number {
  return EMPTY_BYTES + storedBytes * BYTES_PER_STORED_BYTE
}

/** Costs one step per client id. */
export function countStructs(doc: Doc): number {
  let structs = 0
  for (const own of doc.store.clients.values()) structs += own.length
  return structs
}
