export type CompactionPolicy = { readonly maxRecords: number; readonly maxBytes: number }

/** What lies in the log after the newest snapshot. */
export type LogTail = { readonly records: number; readonly bytes: number; readonly snapshotBytes: number }

/**
 * What a record may add to the work of making snapshots, in bytes of them. Smaller makes loads after a
 * crash longer, larger makes each edit dearer: making a snapshot means loading the document twice, and
 * with 256 it took most of what a fast writer cost (`npm run bench:compare -- --only stored-edits`).
 */
export const SNAPSHOT_BYTES_PER_RECORD = 64

/**
 * A snapshot is worth its writing when enough was written since the last one: `maxRecords` records
 * or one for each 64 bytes of the last snapshot, whichever is more; or as many bytes as it has itself,
 * and at least `maxBytes`. So both costs stay proportional, whatever people do:
 *
 * - *Writing.* Merging adds to a snapshot at most a few times the bytes of the records merged in, say
 *   `g` (the records hold the inserted content; splitting what is there adds ids). Then `n` records of
 *   `b` bytes in all cost at most `64 n + (1 + g) b` bytes of snapshots, plus `maxRecords` or `maxBytes`
 *   once: each edited byte is rewritten a constant number of times, however large the document is.
 * - *Loading.* What a load reads is the snapshot, at most as many bytes again or `maxBytes`, in at most
 *   `maxRecords` records or one for each 64 bytes of snapshot: proportional to the state, not to the
 *   number of keystrokes that led to it.
 */
export function shouldCompact(tail: LogTail, policy: CompactionPolicy): boolean {
  return isWorthIt(tail, policy, 1)
}

/**
 * The same for a room that is being unloaded, when `maxRecords` records, fewer than the policy's, are
 * enough; all other bounds shrink by the same share. Costs at most the inverse of it more.
 */
export function shouldCompactOnUnload(tail: LogTail, policy: CompactionPolicy, maxRecords: number): boolean {
  return isWorthIt(tail, policy, Math.min(1, maxRecords / policy.maxRecords))
}

function isWorthIt(
  { records, bytes, snapshotBytes }: LogTail,
  policy: CompactionPolicy,
  share: number,
): boolean {
  if (records === 0) return false
  const maxRecords = Math.max(policy.maxRecords, snapshotBytes / SNAPSHOT_BYTES_PER_RECORD)
  const maxBytes = Math.max(policy.maxBytes, snapshotBytes)
  return records >= maxRecords * share || bytes >= maxBytes * share
}
