/** What travels between the process and its snapshot thread: one block of bytes each way, moved, not copied. */
import type { BuiltSnapshot } from '../document/build-snapshot.ts'

export type SnapshotRequest = {
  /** All updates, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly lengths: Uint32Array<ArrayBuffer>
}

export type SnapshotReply = BuiltSnapshot

/** Copies: the updates may be views of bytes that others look at. */
export function packUpdates(updates: readonly Uint8Array[]): SnapshotRequest {
  const lengths = Uint32Array.from(updates, (update) => update.length)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const update of updates) {
    bytes.set(update, at)
    at += update.length
  }
  return { bytes, lengths }
}

export function* unpackUpdates({ bytes, lengths }: SnapshotRequest): Generator<Uint8Array> {
  let at = 0
  for (const length of lengths) {
    yield bytes.subarray(at, at + length)
    at += length
  }
}
