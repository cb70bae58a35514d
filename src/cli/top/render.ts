/** Draws one picture of a server, as lines of text. Pure: what is shown is decided by its arguments. */
import { cellWidth, fitCells, printable } from '../../lib/terminal-text.ts'
import type { Spread, TopFigures } from './figures.ts'
import { formatBytes, formatCount, formatDuration, formatMs, formatPercent } from './format.ts'
import { type SortKey, roomsTable, sortRooms } from './rooms-table.ts'

export type TopView = {
  readonly url: string
  readonly sort: SortKey
  readonly columns: number
  /** Unlimited when nobody looks at a screen. */
  readonly rows: number
  readonly isColored: boolean
  /** Whether keys do something. */
  readonly isInteractive: boolean
  /** A sentence about what is wrong, shown above everything. */
  readonly trouble?: string | undefined
}

type Style = 'plain' | 'bold' | 'inverse' | 'dim' | 'yellow' | 'red'
type Line = { readonly text: string; readonly style: Style }

const CODES: Record<Style, string> = {
  plain: '',
  bold: '\u001b[1m',
  inverse: '\u001b[7m',
  dim: '\u001b[2m',
  yellow: '\u001b[33m',
  red: '\u001b[31m',
}
const PLAIN_AGAIN = '\u001b[0m'
const GAP = '   '
const KEYS = 'r rate   p people   m memory   l lagging   q quit'

/** At most `rows` lines of at most `columns` cells; `figures` undefined: nothing is known yet. */
export function renderTop(figures: TopFigures | undefined, view: TopView): string[] {
  const trouble = view.trouble === undefined ? [] : flow([printable(view.trouble)], view.columns, 'red')
  const foot = view.isInteractive ? [styled(KEYS, 'dim')] : []
  const body = figures === undefined ? [] : pictureOf(figures, view, view.rows - trouble.length - foot.length)
  return [...trouble, ...body, ...foot].slice(0, view.rows).map((line) => paint(line, view))
}

function pictureOf(figures: TopFigures, view: TopView, rows: number): Line[] {
  const head = overview(figures, view)
  const rooms = sortRooms(figures.rooms, view.sort)
  const space = Math.max(0, rows - head.length - 1)
  const isAll = rooms.length <= space && figures.roomCount <= rooms.length
  const shown = isAll ? rooms : rooms.slice(0, Math.max(0, Math.min(space, rooms.length + 1) - 1))
  const table = roomsTable(shown, view)
  const rest = figures.roomCount - shown.length
  return [
    ...head,
    styled(table.head, 'inverse'),
    ...table.lines.map(({ text, isLagging }) => styled(text, isLagging ? 'yellow' : 'plain')),
    ...(rest > 0 ? [styled(`and ${formatCount(rest)} more`, 'dim')] : []),
  ]
}

function overview(figures: TopFigures, view: TopView): Line[] {
  const { readiness, isStoreWritable } = figures
  const state = readiness.ready ? 'ready' : `not ready: ${readiness.reasons.join(', ')}`
  const title = [
    `Outrigger ${figures.version}`,
    printable(view.url),
    `up ${formatDuration(figures.uptimeMs)}`,
    state,
  ]
  const lines = (segments: readonly string[], style: Style = 'plain'): Line[] =>
    flow(segments, view.columns, style)
  return [
    ...lines(title, readiness.ready ? 'bold' : 'red'),
    ...lines(peopleLine(figures)),
    ...lines(editsLine(figures)),
    ...lines(commitLine(figures), isStoreWritable ? 'plain' : 'red'),
    ...lines(timesLine(figures)),
    ...lines(processLine(figures)),
    ...(figures.areNamesShown
      ? []
      : lines(['Names of rooms are shown to those who manage this server: give --token or --data.'], 'dim')),
    styled('', 'plain'),
  ]
}

function peopleLine(figures: TopFigures): string[] {
  const states = Object.entries(figures.roomStates).map(([state, count]) => `${count} ${state}`)
  return [
    `People ${formatCount(figures.people)} in ${formatCount(figures.sessions)} tabs`,
    `${formatCount(figures.connections)} connections`,
    `${formatCount(figures.lagging)} lagging`,
    `Rooms ${states.join(', ')}`,
  ]
}

function editsLine({ perSecond }: TopFigures): string[] {
  return [
    `Edits ${formatCount(perSecond.edits)}/s in`,
    `${formatCount(perSecond.deliveries)}/s out`,
    `Presence ${formatCount(perSecond.presenceReceived)}/s in`,
    `${formatCount(perSecond.presenceSent)}/s out`,
    `Bytes ${formatBytes(perSecond.receivedBytes)}/s in`,
    `${formatBytes(perSecond.sentBytes)}/s out`,
    `Refused ${formatCount(perSecond.refusals)}/s`,
  ]
}

function commitLine(figures: TopFigures): string[] {
  const { perSecond, times, recordsPerCommit, isStoreWritable, pendingBytes } = figures
  return [
    `Commits ${formatCount(perSecond.commits)}/s`,
    // One slow flush of the disk holds up everybody, and is in no p99 of a hundred.
    `${spread(times.commit)}, max ${formatMs(times.commit.maxMs)}`,
    `${formatCount(recordsPerCommit)} records each`,
    `Store ${isStoreWritable ? 'writable' : 'CANNOT WRITE'}`,
    `${formatBytes(pendingBytes)} pending`,
  ]
}

function timesLine({ times }: TopFigures): string[] {
  return [
    `Received to sent ${spread(times.broadcast)}`,
    `of it: inspect ${formatMs(times.inspect.p99Ms)}`,
    `wait ${formatMs(times.wait.p99Ms)}`,
    `apply ${formatMs(times.apply.p99Ms)}`,
    `fan-out ${formatMs(times.fanOut.p99Ms)}`,
  ]
}

function processLine({ process, budgetBytes, rooms }: TopFigures): string[] {
  const { loopDelay } = process
  const documents = formatBytes(rooms.reduce((sum, { stateBytes }) => sum + stateBytes, 0))
  return [
    `CPU ${formatPercent(process.cpuPercent)}`,
    `Event loop busy ${formatPercent(process.busyPercent)}`,
    `late p99 ${formatMs(loopDelay.p99Ms)}, max ${formatMs(loopDelay.maxMs)}`,
    `Memory ${formatBytes(process.rssBytes)}`,
    `heap ${formatBytes(process.heapUsedBytes)} of ${formatBytes(process.heapLimitBytes)}`,
    `documents ${documents}${budgetBytes === undefined ? '' : ` of ${formatBytes(budgetBytes)}`}`,
  ]
}

function spread({ p50Ms, p99Ms }: Spread): string {
  return `p50 ${formatMs(p50Ms)}, p99 ${formatMs(p99Ms)}`
}

/** Segments side by side while there is room, then on the next line, further in. */
function flow(segments: readonly string[], columns: number, style: Style): Line[] {
  const lines: string[] = []
  for (const segment of segments) {
    const last = lines.at(-1)
    const joined = last === undefined ? segment : last + GAP + segment
    if (last !== undefined && cellWidth(joined) > columns) lines.push(`  ${segment}`)
    else lines[Math.max(0, lines.length - 1)] = joined
  }
  return lines.map((text) => styled(text, style))
}

function styled(text: string, style: Style): Line {
  return { text, style }
}

function paint({ text, style }: Line, { columns, isColored }: TopView): string {
  const fitted = cellWidth(text) > columns ? fitCells(text, columns) : text
  return isColored && style !== 'plain' ? `${CODES[style]}${fitted}${PLAIN_AGAIN}` : fitted
}
