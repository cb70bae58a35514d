/** A stretch that two sequences share: `a[a..a+length)` equals `b[b..b+length)`. */
export type Run = { readonly a: number; readonly b: number; readonly length: number }

/**
 * The longest common subsequence as runs in order, by Myers' greedy algorithm.
 *
 * Undefined when more than `maxDistance` insertions and deletions separate the two: time and memory
 * grow with the square of that distance, so the caller chooses what it is worth.
 */
export function commonRuns(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  maxDistance: number,
): readonly Run[] | undefined {
  const { prefix, suffix } = commonEnds(a, b)
  const rows = furthestRows(a, b, { from: prefix, cutEnd: suffix, maxDistance })
  if (rows === undefined) return undefined
  const runs = [...traceBack(rows, a.length - prefix - suffix, b.length - prefix - suffix)]
    .toReversed()
    .map((run) => ({ a: run.a + prefix, b: run.b + prefix, length: run.length }))
  if (prefix > 0) runs.unshift({ a: 0, b: 0, length: prefix })
  if (suffix > 0) runs.push({ a: a.length - suffix, b: b.length - suffix, length: suffix })
  return runs
}

/** Like `commonRuns`, but past `maxDistance` only what both begin and end with counts as common. */
export function commonRunsOrEnds(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  maxDistance: number,
): readonly Run[] {
  const runs = commonRuns(a, b, maxDistance)
  if (runs !== undefined) return runs
  const { prefix, suffix } = commonEnds(a, b)
  return [
    { a: 0, b: 0, length: prefix },
    { a: a.length - suffix, b: b.length - suffix, length: suffix },
  ].filter((run) => run.length > 0)
}

/** One stretch where `a[aStart..aEnd)` is replaced by `b[bStart..bEnd)`. */
export type Gap = {
  readonly aStart: number
  readonly aEnd: number
  readonly bStart: number
  readonly bEnd: number
}

/** What lies between the runs: the hunks of a diff. */
export function gapsBetween(runs: readonly Run[], aLength: number, bLength: number): readonly Gap[] {
  const gaps: Gap[] = []
  let aStart = 0
  let bStart = 0
  for (const run of [...runs, { a: aLength, b: bLength, length: 0 }]) {
    if (run.a > aStart || run.b > bStart) gaps.push({ aStart, aEnd: run.a, bStart, bEnd: run.b })
    aStart = run.a + run.length
    bStart = run.b + run.length
  }
  return gaps
}

/** Replaces strings by small integers, equal ones by the same, so that a diff compares numbers. */
export function intern(lists: readonly (readonly string[])[]): readonly Int32Array[] {
  const numbers = new Map<string, number>()
  return lists.map((list) =>
    Int32Array.from(list, (text) => {
      const number = numbers.get(text) ?? numbers.size
      numbers.set(text, number)
      return number
    }),
  )
}

function commonEnds(a: ArrayLike<number>, b: ArrayLike<number>): { prefix: number; suffix: number } {
  const shorter = Math.min(a.length, b.length)
  let prefix = 0
  while (prefix < shorter && a[prefix] === b[prefix]) prefix++
  let suffix = 0
  while (suffix < shorter - prefix && a[a.length - 1 - suffix] === b[b.length - 1 - suffix]) suffix++
  return { prefix, suffix }
}

type Window = { readonly from: number; readonly cutEnd: number; readonly maxDistance: number }

/**
 * Row `d` holds, for each diagonal k = -d, -d+2, ..., d, how far along `a` a path of `d` edits
 * gets. The last row is the first in which a path reaches the end of both.
 */
function furthestRows(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { from, cutEnd, maxDistance }: Window,
): readonly Int32Array[] | undefined {
  const aLength = a.length - from - cutEnd
  const bLength = b.length - from - cutEnd
  if (Math.abs(aLength - bLength) > maxDistance) return undefined
  const rows: Int32Array[] = []
  for (let d = 0; d <= maxDistance; d++) {
    const row = new Int32Array(d + 1)
    rows.push(row)
    for (let i = 0; i <= d; i++) {
      const k = 2 * i - d
      let x = firstStep(rows[d - 1], d, i)
      while (x < aLength && x - k < bLength && a[from + x] === b[from + x - k]) x++
      row[i] = x
      if (x >= aLength && x - k >= bLength) return rows
    }
  }
  return undefined
}

/** Where row `d` enters diagonal `i` from the row before, preferring deletions. */
function firstStep(previous: Int32Array | undefined, d: number, i: number): number {
  if (previous === undefined) return 0
  const down = previous[i] ?? 0
  const right = previous[i - 1] ?? 0
  return i === 0 || (i !== d && right < down) ? down : right + 1
}

function* traceBack(rows: readonly Int32Array[], aLength: number, bLength: number): Generator<Run> {
  let x = aLength
  let y = bLength
  for (let d = rows.length - 1; d >= 0; d--) {
    const i = (x - y + d) / 2
    const previous = rows[d - 1]
    const start = firstStep(previous, d, i)
    if (x > start) yield { a: start, b: start - (x - y), length: x - start }
    if (previous === undefined) return
    const isDown = i === 0 || (i !== d && (previous[i - 1] ?? 0) < (previous[i] ?? 0))
    y = start - (x - y) - (isDown ? 1 : 0)
    x = isDown ? start : start - 1
  }
}
