import { type Json, type JsonObject, isJsonObject, omit, toJson } from './json.ts'
import { withUniqueIds } from './cell-ids.ts'

export type CellType = 'code' | 'markdown' | 'raw'

/** One cell, whatever held it: a file, a shared document or a stored base. */
export type Cell = {
  readonly id: string
  readonly type: CellType
  /** Newlines are LF: an editor counts CRLF as one character, Y.Text as two. */
  readonly source: string
  readonly metadata: JsonObject
  /** Code cells only, empty elsewhere. Lists of lines are joined, as nbformat joins them. */
  readonly outputs: readonly JsonObject[]
  readonly executionCount: number | null
  readonly attachments: JsonObject
  /** Keys that nbformat does not know; kept as they are. */
  readonly unknown: JsonObject
}

export type Notebook = {
  /** `nbformat_minor`; the major version is always 4. */
  readonly minor: number
  readonly metadata: JsonObject
  readonly cells: readonly Cell[]
  /** False when cells came without ids, as from a file below 4.5: then their ids mean nothing. */
  readonly areIdsGiven: boolean
  readonly unknown: JsonObject
}

/** Jupyter upgrades older files when it reads them. */
export const NBFORMAT = 4
const NOTEBOOK_KEYS = ['nbformat', 'nbformat_minor', 'metadata', 'cells']
/** `execution_state` belongs to the shared document; it must not reach a file. */
const CELL_KEYS = [
  'id',
  'cell_type',
  'source',
  'metadata',
  'outputs',
  'execution_count',
  'execution_state',
  'attachments',
]

/** nbformat 4.0 to 4.4 have no cell ids: ids live in the shared document only. */
export function hasIdsInFile(notebook: Notebook): boolean {
  return notebook.minor >= 5
}

/** Notebook JSON of any origin as a `Notebook` with unique ids. Total: nonsense becomes a default. */
export function parseNotebook(content: unknown): Notebook {
  const json = toJson(content)
  const object = isJsonObject(json) ? json : {}
  const list = Array.isArray(object['cells']) ? object['cells'] : []
  const cells = list.filter(isJsonObject).map(parseCell)
  return {
    minor: minorOf(object['nbformat_minor']),
    metadata: objectOr(object['metadata']),
    cells: withUniqueIds(cells),
    areIdsGiven: cells.every((cell) => cell.id !== ''),
    unknown: omit(object, NOTEBOOK_KEYS),
  }
}

/** The id may be empty; `withUniqueIds` gives the cell one. */
export function parseCell(json: JsonObject): Cell {
  const type = cellType(json['cell_type'])
  const isCode = type === 'code'
  const outputs = isCode && Array.isArray(json['outputs']) ? json['outputs'] : []
  return {
    id: typeof json['id'] === 'string' ? json['id'] : '',
    type,
    source: textOf(json['source']).replaceAll('\r\n', '\n'),
    metadata: objectOr(json['metadata']),
    outputs: outputs.filter(isJsonObject).map(parseOutput),
    executionCount: isCode && typeof json['execution_count'] === 'number' ? json['execution_count'] : null,
    attachments: joinBundles(objectOr(json['attachments'])),
    unknown: omit(json, CELL_KEYS),
  }
}

/** nbformat JSON for a file: cell ids only where its version of nbformat has them. */
export function formatFile(notebook: Notebook): JsonObject {
  const json = formatNotebook(notebook)
  if (hasIdsInFile(notebook)) return json
  return { ...json, cells: notebook.cells.map((cell) => omit(formatCell(cell), ['id'])) }
}

/** nbformat JSON in which every cell has its id, also below 4.5. */
export function formatNotebook(notebook: Notebook): JsonObject {
  return {
    ...notebook.unknown,
    cells: notebook.cells.map(formatCell),
    metadata: notebook.metadata,
    nbformat: NBFORMAT,
    nbformat_minor: notebook.minor,
  }
}

export function formatCell(cell: Cell): JsonObject {
  return {
    ...cell.unknown,
    id: cell.id,
    cell_type: cell.type,
    metadata: cell.metadata,
    source: cell.source,
    ...(cell.type === 'code' ? { execution_count: cell.executionCount, outputs: cell.outputs } : {}),
    ...(Object.keys(cell.attachments).length > 0 ? { attachments: cell.attachments } : {}),
  }
}

/** What is wrong with the shape of notebook JSON, in words for a person; undefined when it is right. */
export function notebookFault(json: Json): string | undefined {
  if (!isJsonObject(json)) return 'a notebook is a JSON object'
  if (json['nbformat'] !== undefined && json['nbformat'] !== NBFORMAT) return 'only nbformat 4 is supported'
  if (json['metadata'] !== undefined && !isJsonObject(json['metadata'])) return 'metadata is not an object'
  if (!Array.isArray(json['cells'])) return 'cells is not a list'
  for (const [index, cell] of json['cells'].entries()) {
    const fault = cellFault(cell)
    if (fault !== undefined) return `cell ${index + 1}: ${fault}`
  }
  return undefined
}

function cellFault(json: Json): string | undefined {
  if (!isJsonObject(json)) return 'not an object'
  if (json['cell_type'] !== cellType(json['cell_type'])) return 'unknown cell_type'
  if (!isText(json['source'])) return 'source is not text'
  if (json['metadata'] !== undefined && !isJsonObject(json['metadata'])) return 'metadata is not an object'
  if (json['cell_type'] !== 'code' || json['outputs'] === undefined) return undefined
  const outputs = json['outputs']
  return Array.isArray(outputs) && outputs.every(isJsonObject)
    ? undefined
    : 'outputs is not a list of objects'
}

/** A stranger's cell type would stop every JupyterLab from opening the document; raw shows the text. */
function cellType(value: Json | undefined): CellType {
  return value === 'code' || value === 'markdown' ? value : 'raw'
}

/** Joins lists of lines where nbformat's reader does. */
function parseOutput(output: JsonObject): JsonObject {
  const kind = output['output_type']
  if (kind === 'stream') return { ...output, text: textOf(output['text']) }
  const isRich = kind === 'display_data' || kind === 'execute_result'
  const data = output['data']
  return isRich && isJsonObject(data) ? { ...output, data: joinBundle(data) } : output
}

function joinBundles(bundles: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(bundles).map(([name, bundle]) => [
      name,
      isJsonObject(bundle) ? joinBundle(bundle) : bundle,
    ]),
  )
}

function joinBundle(bundle: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(bundle).map(([mime, data]) => [
      mime,
      isJsonMime(mime) || !isText(data) ? data : textOf(data),
    ]),
  )
}

function isJsonMime(mime: string): boolean {
  return mime === 'application/json' || (mime.startsWith('application/') && mime.endsWith('+json'))
}

function isText(value: Json | undefined): boolean {
  if (typeof value === 'string') return true
  return Array.isArray(value) && value.every((line) => typeof line === 'string')
}

/** A string, or a list of strings joined without separator. */
function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('') : ''
}

function objectOr(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function minorOf(value: Json | undefined): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 5
}
