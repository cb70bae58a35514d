import fc from 'fast-check'

/** nbformat JSON, loosely: what tests build, change and compare. */
export type CellJson = {
  id?: string
  cell_type: string
  source: string
  metadata: Record<string, unknown>
  outputs?: Record<string, unknown>[]
  execution_count?: number | null
  [key: string]: unknown
}
export type NotebookJson = {
  nbformat: number
  nbformat_minor: number
  metadata: Record<string, unknown>
  cells: CellJson[]
}

export const seed = Number(process.env['FC_SEED'] ?? 20_261_125)

const word = fc.constantFrom('x = 1', 'print(x)', '', 'import os', '# note', 'é🙂', '    pass', 'return x')
const plain = { noNullPrototype: true }
const stream = fc.record(
  {
    output_type: fc.constant('stream'),
    name: fc.constantFrom('stdout', 'stderr'),
    text: fc.constantFrom('', 'a\n', 'a\nb\n', 'a🙂', 'zz'),
  },
  plain,
)
const rich = fc.record(
  {
    output_type: fc.constant('display_data'),
    data: fc.constantFrom({ 'text/plain': '1' }, { 'text/plain': '2', 'application/json': { a: [1, null] } }),
    metadata: fc.constant({}),
  },
  plain,
)
export const outputs = fc.array(fc.oneof(stream, rich), { maxLength: 3 })
const metadata = fc.dictionary(fc.constantFrom('tags', 'collapsed', 'deep'), fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 2,
  ...plain,
})

const cell = fc
  .record({
    type: fc.constantFrom('code', 'code', 'markdown', 'raw'),
    lines: fc.array(word, { maxLength: 6 }),
    metadata,
    outputs,
    // From 1: JupyterLab's YNotebook reads a count of 0 as null.
    count: fc.option(fc.integer({ min: 1, max: 9 })),
  })
  .map((parts): CellJson => {
    const common = { cell_type: parts.type, source: parts.lines.join('\n'), metadata: parts.metadata }
    if (parts.type !== 'code') return common
    return { ...common, outputs: parts.outputs, execution_count: parts.count }
  })

/** A notebook whose cells have the ids `c0`, `c1`, ... in order. */
export function notebooks(minor: number, maxCells = 6): fc.Arbitrary<NotebookJson> {
  return fc.record({ cells: fc.array(cell, { maxLength: maxCells }), metadata }).map((parts) => ({
    nbformat: 4,
    nbformat_minor: minor,
    metadata: parts.metadata,
    cells: parts.cells.map((each, index) => (minor >= 5 ? { id: `c${index}`, ...each } : each)),
  }))
}

type Change = { kind: string; at: number; to: number; text: string; outputs: Record<string, unknown>[] }

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom(
    'line',
    'line',
    'line',
    'append',
    'cut',
    'delete',
    'insert',
    'move',
    'meta',
    'run',
    'type',
  ),
  at: fc.nat(40),
  to: fc.nat(40),
  text: fc.constantFrom('y = 2', 'for i in x:', '🙂', 'text'),
  outputs,
})
export const changes = fc.array(change, { maxLength: 5 })

/**
 * The notebook after some edits. Every line that is written carries `author` and a number, so that a
 * test can tell which side wrote it and whether it is still there.
 */
export function changed(notebook: NotebookJson, script: readonly Change[], author: string): NotebookJson {
  const next = structuredClone(notebook)
  for (const [number, each] of script.entries()) apply(next, each, `${author}${number}`)
  return next
}

function apply(notebook: NotebookJson, { kind, at, to, text, outputs: run }: Change, tag: string): void {
  const { cells } = notebook
  const index = cells.length === 0 ? 0 : at % cells.length
  const target = cells[index]
  if (kind === 'insert' || target === undefined) {
    const fresh = { cell_type: 'markdown', source: `${tag} ${text}`, metadata: {} }
    cells.splice(index, 0, notebook.nbformat_minor >= 5 ? { id: `new-${tag}`, ...fresh } : fresh)
    return
  }
  const lines = target.source.split('\n')
  if (kind === 'line') lines[to % lines.length] = `${tag} ${text}`
  if (kind === 'append') lines.push(`${tag} ${text}`)
  // Never to nothing: an empty cell that comes as another one goes is taken for the same.
  if (kind === 'cut' && lines.length > 1) lines.splice(to % lines.length, 1)
  target.source = lines.join('\n')
  if (kind === 'delete') cells.splice(index, 1)
  if (kind === 'move') cells.splice(to % cells.length, 0, ...cells.splice(index, 1))
  if (kind === 'meta') target.metadata = { ...target.metadata, [`tag${to % 3}`]: tag }
  if (kind === 'run' && target.cell_type === 'code')
    Object.assign(target, { outputs: run, execution_count: to })
  if (kind === 'type') retype(target, target.cell_type === 'raw' ? 'markdown' : 'raw')
}

function retype(target: CellJson, type: string): void {
  target.cell_type = type
  delete target.outputs
  delete target.execution_count
}

/** The lines of all cells that `author` wrote. */
export function linesBy(notebook: unknown, author: string): readonly string[] {
  const { cells } = notebook as NotebookJson
  return cells.flatMap((each) => each.source.split('\n')).filter((line) => line.startsWith(author))
}

export function idsOf(notebook: unknown): readonly string[] {
  return (notebook as NotebookJson).cells.map((each) => each.id ?? '')
}

export function code(id: string, source: string, more: Partial<CellJson> = {}): CellJson {
  return { id, cell_type: 'code', source, metadata: {}, outputs: [], execution_count: null, ...more }
}

export function markdown(id: string, source: string, more: Partial<CellJson> = {}): CellJson {
  return { id, cell_type: 'markdown', source, metadata: {}, ...more }
}

export function notebook(cells: CellJson[], minor = 5, more: Record<string, unknown> = {}): NotebookJson {
  return { nbformat: 4, nbformat_minor: minor, metadata: {}, cells, ...more }
}
