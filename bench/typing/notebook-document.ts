/** A notebook as people have them: code among explanations, and outputs that make up most of its size. */
import * as Y from 'yjs'
import type { DocumentPlan } from '../plan/scenario.ts'
import { codeLines, codeOfLength, prose } from './code-text.ts'
import {
  DETOUR_TRACE_BYTES,
  detour,
  detourLengths,
  once,
  recordHistory,
  type Spot,
  spread,
  typing,
  type Work,
} from './history.ts'
import {
  type CellContent,
  createCell,
  createOutput,
  NOTEBOOK_METADATA,
  OUTPUT_OVERHEAD_BYTES,
  type OutputKind,
  outputsOf,
  sourceOf,
} from './notebook-types.ts'
import { between, createRandom, isLucky, logNormal, type Random } from './random.ts'

/** Public notebooks have 6 lines a cell on average. */
const LINES_PER_CELL = 6
/** Bytes of a notebook for each code cell it is given, when the plan does not say how many. */
const BYTES_PER_CELL = 1800
/** Larger notebooks have larger outputs rather than more cells. */
const MAX_CELLS_BY_SIZE = 1000
const MARKDOWN_SHARE = 0.3
const WRITERS = 3
/** Not worth an output. */
const LEAST_OUTPUT_BYTES = 240

type PlannedOutput = { readonly kind: OutputKind; readonly length: number }
type PlannedCell = CellContent & { readonly outputs: readonly PlannedOutput[] }

/** Share of code cells with such an output, and the part of the size it asks for. */
const OUTPUT_MIX: readonly { readonly share: number; readonly kind: OutputKind; readonly weight: number }[] =
  [
    { share: 0.35, kind: 'stream', weight: 1 },
    { share: 0.12, kind: 'table', weight: 2 },
    { share: 0.08, kind: 'plot', weight: 12 },
  ]

/** The notebook is larger than planned where its cells alone are. */
export function planNotebook(random: Random, plan: DocumentPlan): (doc: Y.Doc) => readonly Work[] {
  const cells = planCells(random, plan)
  const weight = 1 + cells.reduce((sum, cell) => sum + 1 + cell.source.length, 0)
  const detours = spread(detourLengths(weight, plan.storedAs), cells.length)
  const traces = detourLengths(weight, plan.storedAs).length * DETOUR_TRACE_BYTES
  const planned = planOutputs(random, cells, plan.bytes - traces - encodedLength(cells))
  return (doc) => workOn(doc, planned, { random, detours, isHistory: plan.storedAs > 0 })
}

function planCells(random: Random, plan: DocumentPlan): CellContent[] {
  const bySize = Math.min(MAX_CELLS_BY_SIZE, Math.max(1, Math.round(plan.bytes / BYTES_PER_CELL)))
  const count = plan.cells > 0 ? plan.cells : bySize
  const cells: CellContent[] = []
  for (let i = 0; i < count; i += 1) {
    if (isLucky(random, MARKDOWN_SHARE)) cells.push(markdownCell(random))
    cells.push({
      id: cellId(random),
      type: 'code',
      source: codeLines(random, Math.max(1, Math.round(logNormal(random, LINES_PER_CELL, 0.7)))),
      executionCount: isLucky(random, 0.8) ? i + 1 : null,
    })
  }
  return cells
}

function markdownCell(random: Random): CellContent {
  const source = `## ${prose(random, 4)}\n\n${prose(random, between(random, 5, 40))}`
  return { id: cellId(random), type: 'markdown', source, executionCount: null }
}

/** nbformat 4.5 wants 1 to 64 characters; JupyterLab writes UUIDs. */
function cellId(random: Random): string {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => between(random, 0, 15).toString(16)).join('')
  return `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`
}

/** Gives the code cells outputs of `bytes` in total. */
function planOutputs(random: Random, cells: readonly CellContent[], bytes: number): PlannedCell[] {
  const wishes = cells.map(({ type }) => (type === 'code' ? wishFor(random) : undefined))
  const last = cells.findLastIndex(({ type }) => type === 'code')
  wishes[last] ??= { kind: 'stream', weight: 1 }
  const weights = wishes.reduce((sum, wish) => sum + (wish?.weight ?? 0), 0)
  let saved = 0
  return cells.map((cell, i) => {
    const wish = wishes[i]
    if (wish === undefined) return { ...cell, outputs: [] }
    saved += (bytes * wish.weight) / weights
    if (saved < LEAST_OUTPUT_BYTES) return { ...cell, outputs: [] }
    const length = Math.round(saved - OUTPUT_OVERHEAD_BYTES[wish.kind])
    saved = 0
    return { ...cell, outputs: [{ kind: wish.kind, length }] }
  })
}

function wishFor(random: Random): { readonly kind: OutputKind; readonly weight: number } | undefined {
  let chance = random.next()
  for (const wish of OUTPUT_MIX) {
    if (chance < wish.share) return wish
    chance -= wish.share
  }
  return undefined
}

/** Of the cells without outputs; their text and keys are nothing one could estimate as well. */
function encodedLength(cells: readonly CellContent[]): number {
  const bare = cells.map((cell) => ({ ...cell, outputs: [] }))
  const options = { random: createRandom(0), detours: [], isHistory: false }
  return recordHistory({ seed: 0, room: 0, updates: 0 }, (doc) => workOn(doc, bare, options))[0]?.length ?? 0
}

type WorkOptions = {
  readonly random: Random
  readonly detours: readonly (readonly number[])[]
  readonly isHistory: boolean
}

function workOn(doc: Y.Doc, cells: readonly PlannedCell[], options: WorkOptions): readonly Work[] {
  const { random, detours, isHistory } = options
  const ycells = doc.getArray<Y.Map<unknown>>('cells')
  const works = [once(0, () => describe(doc))]
  cells.forEach((cell, i) => {
    const writer = isHistory ? i % WRITERS : 0
    const ycell = createCell(cell)
    const spot: Spot = { text: () => textOf(ycell), index: () => textOf(ycell).length }
    works.push(once(writer, () => ycells.push([ycell])))
    for (const length of detours[i] ?? []) works.push(...detour(spot, codeOfLength(random, length), writer))
    works.push(typing(spot, cell.source, writer))
    for (const { kind, length } of cell.outputs)
      works.push(once(writer, () => outputsOf(ycell)?.push([createOutput(random, kind, length)])))
  })
  return works
}

function textOf(ycell: Y.Map<unknown>): Y.Text {
  const text = sourceOf(ycell)
  if (text === undefined) throw new Error('a cell without a source')
  return text
}

function describe(doc: Y.Doc): void {
  const meta = doc.getMap('meta')
  meta.set('nbformat', 4)
  meta.set('nbformat_minor', 5)
  meta.set('metadata', new Y.Map<unknown>(Object.entries(NOTEBOOK_METADATA)))
  const state = doc.getMap('state')
  state.set('dirty', false)
  state.set('path', 'analysis.ipynb')
}
