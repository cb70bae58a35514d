export type CompactionPolicy = { readonly maxRecords: number; readonly maxBytes: number }

/** What lies in the log after the newest snapshot. */
export type LogTail = { readonly records: number; readonly bytes: number; readonly snapshotBytes: number }

/**
 * A snapshot is worth its writing when it replaces many records, or more bytes than it has itself:
 * so a large document is not rewritten for every few edits, and disk use stays within a small
 * multiple of the document.
 */
export function shouldCompact(tail: LogTail, policy: CompactionPolicy): boolean {
  if (tail.records === 0) return false
  return tail.records >= policy.maxRecords || tail.bytes >= Math.max(policy.maxBytes, tail.snapshotBytes)
}
