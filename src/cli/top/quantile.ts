import type { DistributionReading } from '../../observability/distribution.ts'

/**
 * The value below which the share `q` of all values lies that came between two readings; undefined
 * when none came. Within a bucket values are taken to be spread evenly, so it is at most a fifth
 * off; of what is above the last bound, only that bound is known.
 */
export function quantileBetween(
  before: DistributionReading | undefined,
  after: DistributionReading,
  q: number,
): number | undefined {
  const counts = after.counts.map((count, at) => count - (before?.counts[at] ?? 0))
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total <= 0) return undefined
  const rank = q * total
  let seen = 0
  for (const [at, count] of counts.entries()) {
    if (count > 0 && seen + count >= rank) {
      const low = after.bounds[at - 1] ?? 0
      const high = after.bounds[at] ?? low
      return low + ((high - low) * Math.max(0, rank - seen)) / count
    }
    seen += count
  }
  return after.bounds.at(-1)
}
