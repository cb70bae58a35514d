/**
 * Indexes of a longest strictly increasing subsequence of `values`; undefined entries never count.
 * O(n log n) by patience sorting.
 */
export function longestIncreasing(values: readonly (number | undefined)[]): readonly number[] {
  /** `tails[n]` is the index of the smallest value that ends a subsequence of length n + 1. */
  const tails: number[] = []
  const previous: (number | undefined)[] = []
  values.forEach((value, index) => {
    if (value === undefined) return
    const length = firstNotBelow(tails, values, value)
    previous[index] = tails[length - 1]
    tails[length] = index
  })
  const result: number[] = []
  let at = tails.at(-1)
  while (at !== undefined) {
    result.push(at)
    at = previous[at]
  }
  return result.toReversed()
}

function firstNotBelow(
  tails: readonly number[],
  values: readonly (number | undefined)[],
  value: number,
): number {
  let low = 0
  let high = tails.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[tails[middle] ?? 0] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
