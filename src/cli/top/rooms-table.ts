import { cellWidth, fitCells, printable } from '../../lib/terminal-text.ts'
import type { TopRoom } from './figures.ts'
import { formatBytes, formatCount, formatDuration } from './format.ts'

/** The keys that choose the order. */
export type SortKey = 'r' | 'p' | 'm' | 'l'

type Column = {
  readonly head: string
  /** With a gap before it, and room for the mark of the order. */
  readonly width: number
  readonly text: (room: TopRoom) => string
  readonly sortKey?: SortKey | undefined
}

const COLUMNS: readonly Column[] = [
  { head: 'PEOPLE', width: 9, text: (room) => formatCount(room.people), sortKey: 'p' },
  { head: 'EDITS/S', width: 10, text: (room) => formatCount(room.editsPerSecond), sortKey: 'r' },
  { head: 'LAG', width: 6, text: (room) => formatCount(room.lagging), sortKey: 'l' },
  { head: 'OUT/S', width: 10, text: (room) => formatCount(room.deliveriesPerSecond) },
  { head: 'SIZE', width: 9, text: (room) => formatBytes(room.stateBytes), sortKey: 'm' },
  { head: 'IDLE', width: 9, text: (room) => formatDuration(room.idleMs) },
  { head: 'KB/S', width: 9, text: ({ bytesPerSecond: bytes }) => formatCount(bytes && bytes / 1024) },
  { head: 'PENDING', width: 10, text: (room) => formatBytes(room.pendingBytes) },
]
const MIN_NAME = 12

const WEIGHT: Readonly<Record<SortKey, (room: TopRoom) => number>> = {
  r: (room) => room.editsPerSecond ?? 0,
  p: (room) => room.people,
  m: (room) => room.stateBytes,
  l: (room) => room.lagging,
}

export function isSortKey(key: string): key is SortKey {
  return Object.hasOwn(WEIGHT, key)
}

/** Largest first; equal ones by rate, then by people, then by name, so that rows do not jump about. */
export function sortRooms(rooms: readonly TopRoom[], sort: SortKey): TopRoom[] {
  const weights = [WEIGHT[sort], WEIGHT.r, WEIGHT.p]
  return rooms.toSorted((a, b) => {
    for (const weight of weights) if (weight(a) !== weight(b)) return weight(b) - weight(a)
    return nameOf(a).localeCompare(nameOf(b))
  })
}

export type TableLine = { readonly text: string; readonly isLagging: boolean }

/** The head and one line a room, at most `columns` wide: where there is no room, columns go. */
export function roomsTable(
  rooms: readonly TopRoom[],
  { columns, sort }: { readonly columns: number; readonly sort: SortKey },
): { readonly head: string; readonly lines: readonly TableLine[] } {
  const shown = fitting(columns)
  const rest = columns - shown.reduce((sum, { width }) => sum + width, 0)
  const line = (name: string, cells: readonly string[]): string =>
    fitCells(name, rest) + cells.map((cell, at) => padLeft(cell, shown[at]?.width ?? 0)).join('')
  return {
    head: line(
      'ROOM',
      shown.map(({ head, sortKey }) => (sortKey === sort ? `${head}*` : head)),
    ),
    lines: rooms.map((room) => ({
      text: line(
        nameOf(room),
        shown.map(({ text }) => text(room)),
      ),
      isLagging: room.lagging > 0,
    })),
  }
}

function nameOf({ name, key }: TopRoom): string {
  return printable(name ?? `(${key})`)
}

/** As many columns as leave the name its least width; the most telling ones stand first. */
function fitting(columns: number): Column[] {
  let used = MIN_NAME
  const last = COLUMNS.findIndex(({ width }) => (used += width) > columns)
  return COLUMNS.slice(0, last < 0 ? undefined : last)
}

function padLeft(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - cellWidth(text))) + text
}
