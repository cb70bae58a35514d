import { commonRunsOrEnds, gapsBetween, intern } from './sequence-diff.ts'

export type TextMerge = {
  readonly text: string
  /** What the disk had where the live text was kept instead. */
  readonly conflicts: readonly string[]
}

const MAX_LINE_DISTANCE = 2000

/**
 * Three-way merge by lines. What one side changed is taken; where both changed the same lines, or
 * inserted at the same place, the live text stays and the disk's lines are a conflict, unless the
 * live text has the disk's new lines already.
 *
 * Merging the result again with the same base and disk gives the same result. Line diffs alone do
 * not promise that, so it is tried, first for each stretch that both changed and then for the whole:
 * where it would fail, the live text stays and the disk's is a conflict.
 */
export function mergeText(base: string, live: string, disk: string): TextMerge {
  if (live === disk || disk === base) return { text: live, conflicts: [] }
  if (live === base) return { text: disk, conflicts: [] }
  const [baseLines, diskLines] = [base.split('\n'), disk.split('\n')]
  const merged = mergeLines({ base: baseLines, live: live.split('\n'), disk: diskLines }, settle)
  const again = mergeLines({ base: baseLines, live: merged.lines, disk: diskLines }, settle)
  if (!isRepeatOf(merged, again)) return { text: live, conflicts: [disk] }
  return { text: merged.lines.join('\n'), conflicts: merged.conflicts }
}

type Lines = readonly string[]
type Span = { readonly start: number; readonly end: number }
/** The span of the base became `lines`. */
type Hunk = Span & { readonly lines: Lines }
/** A span of the base that at least one side changed, with the hunks of both. */
type Region = { start: number; end: number; readonly live: Hunk[]; readonly disk: Hunk[] }
type Merge = { readonly lines: Lines; readonly conflicts: readonly string[] }
type Resolve = (baseLines: Lines, region: Region) => Merge

function mergeLines(sides: Readonly<Record<'base' | 'live' | 'disk', Lines>>, resolve: Resolve): Merge {
  const { base, live, disk } = sides
  const regions = group(hunksOf(base, live), hunksOf(base, disk), isTouching)
  return mergeRegions(base, { within: { start: 0, end: base.length }, regions, resolve })
}

function mergeRegions(
  baseLines: Lines,
  { within, regions, resolve }: { within: Span; regions: readonly Region[]; resolve: Resolve },
): Merge {
  const parts: Lines[] = []
  const conflicts: string[] = []
  let at = within.start
  for (const region of regions) {
    const merged = resolve(baseLines, region)
    parts.push(baseLines.slice(at, region.start), merged.lines)
    conflicts.push(...merged.conflicts)
    at = region.end
  }
  parts.push(baseLines.slice(at, within.end))
  return { lines: parts.flat(), conflicts }
}

/** Resolves changes that touch, and keeps the live ones whole if that would not repeat to itself. */
function settle(baseLines: Lines, region: Region): Merge {
  const merged = separate(baseLines, region)
  if (region.live.length === 0 || region.disk.length === 0) return merged
  const base = baseLines.slice(region.start, region.end)
  const again = mergeLines(
    { base, live: merged.lines, disk: render(baseLines, region, region.disk) },
    separate,
  )
  return isRepeatOf(merged, again) ? merged : choose(baseLines, region)
}

/** Resolves each overlap in a region of touching changes by itself. */
function separate(baseLines: Lines, region: Region): Merge {
  const missing = region.disk.flatMap((hunk) => stillMissing(hunk, region.live))
  const regions = group(region.live, missing, isOverlapping)
  return mergeRegions(baseLines, { within: region, regions, resolve: choose })
}

/** The side that changed; the live one, and a conflict if that loses lines, when both did. */
function choose(baseLines: Lines, region: Region): Merge {
  const live = render(baseLines, region, region.live)
  const disk = render(baseLines, region, region.disk)
  if (region.live.length === 0) return { lines: disk, conflicts: [] }
  // What the disk only deleted is no loss.
  const isLost = region.disk.some((hunk) => hunk.lines.length > 0) && !areEqual(live, disk)
  return { lines: live, conflicts: isLost ? [disk.join('\n')] : [] }
}

function isRepeatOf(merged: Merge, again: Merge): boolean {
  return areEqual(merged.lines, again.lines) && (merged.conflicts.length > 0 || again.conflicts.length === 0)
}

function hunksOf(baseLines: Lines, lines: Lines): readonly Hunk[] {
  const [baseIds, ids] = intern([baseLines, lines])
  if (baseIds === undefined || ids === undefined) return []
  const runs = commonRunsOrEnds(baseIds, ids, MAX_LINE_DISTANCE)
  return gapsBetween(runs, baseLines.length, lines.length).map((gap) => ({
    start: gap.aStart,
    end: gap.aEnd,
    lines: lines.slice(gap.bStart, gap.bEnd),
  }))
}

/**
 * The part of a disk hunk that the live hunks around it do not have yet: when they hold its lines,
 * only what it deleted. That is how a merge that is done again finds its own work.
 */
function stillMissing(hunk: Hunk, live: readonly Hunk[]): readonly Hunk[] {
  if (!live.some((other) => containsLines(other.lines, hunk.lines))) return [hunk]
  return hunk.start === hunk.end ? [] : [{ ...hunk, lines: [] }]
}

function group(
  live: readonly Hunk[],
  disk: readonly Hunk[],
  belongs: (region: Region, hunk: Hunk) => boolean,
): readonly Region[] {
  const all = [
    ...live.map((hunk) => ({ hunk, side: 'live' as const })),
    ...disk.map((hunk) => ({ hunk, side: 'disk' as const })),
  ].toSorted((a, b) => a.hunk.start - b.hunk.start || a.hunk.end - b.hunk.end)
  const regions: Region[] = []
  for (const { hunk, side } of all) {
    let region = regions.at(-1)
    if (region === undefined || !belongs(region, hunk)) {
      region = { start: hunk.start, end: hunk.end, live: [], disk: [] }
      regions.push(region)
    }
    region.end = Math.max(region.end, hunk.end)
    region[side].push(hunk)
  }
  return regions
}

function isTouching(region: Region, hunk: Hunk): boolean {
  return hunk.start <= region.end
}

/** Changes to lines next to each other do not overlap; two insertions at one place do. */
function isOverlapping(region: Region, hunk: Hunk): boolean {
  const isInsertion = region.start === region.end && hunk.start === hunk.end
  return hunk.start < region.end || (isInsertion && hunk.start === region.start)
}

/** What a span of the base became by some hunks. */
function render(baseLines: Lines, span: Span, hunks: readonly Hunk[]): Lines {
  const parts: Lines[] = []
  let at = span.start
  for (const hunk of hunks) {
    parts.push(baseLines.slice(at, hunk.start), hunk.lines)
    at = hunk.end
  }
  parts.push(baseLines.slice(at, span.end))
  return parts.flat()
}

function containsLines(lines: Lines, wanted: Lines): boolean {
  for (let at = 0; at + wanted.length <= lines.length; at++) {
    if (wanted.every((line, index) => lines[at + index] === line)) return true
  }
  return false
}

function areEqual(a: Lines, b: Lines): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index])
}
