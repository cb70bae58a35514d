/** The monotonic clock, which all processes of a machine share (CLOCK_MONOTONIC). */
const OFFSET_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/** Milliseconds, with fractions; to be compared across processes of this machine only. */
export function now(): number {
  return performance.now() + OFFSET_MS
}
