/** Turns work on a document into exactly as many updates as wanted. */
import * as Y from 'yjs'
import { documentClientId } from './client-id.ts'

/** Something done to a document: `weight` equal parts, which may fall into different updates. */
export type Work = {
  readonly weight: number
  /** Number of the writer that does it. */
  readonly writer: number
  /** Does the parts `from` to below `to`; called with rising ranges that leave nothing out. */
  do(from: number, to: number): void
}

export type HistoryPlan = {
  readonly seed: number
  readonly room: number
  /** 0: all in one. */
  readonly updates: number
}

/** Where text goes; asked when its first character is typed. */
export type Spot = { text(): Y.Text; index(): number }

/** Characters that are typed and taken back in a row, where a history is longer than its text. */
const DETOUR_LENGTH = 500

/** What a detour leaves in an encoded state, in bytes, about. */
export const DETOUR_TRACE_BYTES = 6

/** The work must weigh at least as much as there are updates; `detourLengths` tells what is lacking. */
export function recordHistory(plan: HistoryPlan, build: (doc: Y.Doc) => readonly Work[]): Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  const works = build(doc)
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const count = Math.max(1, plan.updates)
  const total = works.reduce((sum, { weight }) => sum + weight, 0)
  const position: Position = { work: 0, part: 0 }
  for (let i = 0; i < count; i += 1) {
    const weight = Math.floor(((i + 1) * total) / count) - Math.floor((i * total) / count)
    doc.clientID = documentClientId(plan.seed, plan.room, works[position.work]?.writer ?? 0)
    doc.transact(() => advance(works, position, weight))
  }
  doc.destroy()
  return updates
}

export function once(writer: number, run: () => void): Work {
  return { weight: 1, writer, do: run }
}

export function typing(spot: Spot, content: string, writer: number): Work {
  let start = -1
  return {
    weight: content.length,
    writer,
    do(from, to) {
      if (from === 0) start = spot.index()
      spot.text().insert(start + from, content.slice(from, to))
    },
  }
}

/** Text that is typed and erased again, from its end, key by key; weighs twice its length. */
export function detour(spot: Spot, content: string, writer: number): readonly Work[] {
  let start = -1
  const remembering: Spot = { text: () => spot.text(), index: () => (start = spot.index()) }
  const erasing: Work = {
    weight: content.length,
    writer,
    do: (from, to) => spot.text().delete(start + content.length - to, to - from),
  }
  return [typing(remembering, content, writer), erasing]
}

/** Lengths of the detours that work of this weight lacks for so many updates: few and long ones. */
export function detourLengths(weight: number, updates: number): number[] {
  const lengths: number[] = []
  for (let left = Math.ceil((updates - weight) / 2); left > 0; left -= DETOUR_LENGTH)
    lengths.push(Math.min(left, DETOUR_LENGTH))
  return lengths
}

/** Detours spread over `places`: for each place the lengths of those taken there. */
export function spread(lengths: readonly number[], places: number): number[][] {
  const spots: number[][] = Array.from({ length: places }, () => [])
  lengths.forEach((length, i) => spots[Math.floor((i * places) / lengths.length)]?.push(length))
  return spots
}

type Position = { work: number; part: number }

function advance(works: readonly Work[], position: Position, weight: number): void {
  for (let left = weight; left > 0;) {
    const work = works[position.work]
    if (work === undefined) return
    const parts = Math.min(left, work.weight - position.part)
    if (parts > 0) work.do(position.part, position.part + parts)
    left -= parts
    position.part += parts
    if (position.part < work.weight) continue
    position.work += 1
    position.part = 0
  }
}
