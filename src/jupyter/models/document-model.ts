import type { Doc } from 'yjs'
import { SyncError } from '../../protocol/errors.ts'
import { areEqualNotebooks } from './canonical.ts'
import { mergeText } from './merge-text.ts'
import { MAX_DEPTH, isDeeperThan, toJson } from './json.ts'
import { mergeNotebook } from './merge-notebook.ts'
import { formatFile, notebookFault, parseNotebook } from './notebook.ts'
import { readNotebook, writeNotebook } from './notebook-model.ts'
import { readText, splitLineEndings, writeText } from './text-model.ts'

/**
 * Notebook JSON (nbformat 4) or the text of a file (newlines as LF). Every cell has an id, but in
 * content that came from a file below nbformat 4.5, which has none.
 */
export type Content = unknown

/**
 * One type of file: how its content lies in a shared document, and how versions of it are compared
 * and merged. Pure. Content is plain JSON, so it may be stored and passed back.
 */
export interface DocumentModel<C> {
  /** `type` of the Contents API. */
  readonly contentsType: 'notebook' | 'file'
  /** `format` of the Contents API for a GET; it refuses `json`, so notebooks go without. */
  readonly contentsFormat: 'text' | undefined
  /** Total: whatever clients wrote into the document, it reads as valid content. */
  read(doc: Doc): C
  /** Changes as little as it can, in the caller's transaction; nothing when `doc` says it already. */
  write(doc: Doc, content: C): void
  /** Whether a save would change the file, apart from what Jupyter changes by itself. */
  equals(a: C, b: C): boolean
  /** `conflicts`: the disk's text wherever it could not be merged into place. */
  merge(base: C, live: C, disk: C): { readonly content: C; readonly conflicts: readonly string[] }
  /** From the `content` of a Contents API answer. Throws `SyncError('bad_request')` on a wrong shape. */
  fromContents(content: unknown): C
  /** For the `content` of a Contents API PUT. */
  toContents(content: C): unknown
}

const notebookModel: DocumentModel<Content> = {
  contentsType: 'notebook',
  contentsFormat: undefined,
  read: readNotebook,
  write: writeNotebook,
  equals: areEqualNotebooks,
  merge: mergeNotebook,
  fromContents: (content) => {
    if (isDeeperThan(content, MAX_DEPTH)) throw notANotebook(`it nests deeper than ${MAX_DEPTH} levels`)
    const fault = notebookFault(toJson(content))
    if (fault !== undefined) throw notANotebook(fault)
    return formatFile(parseNotebook(content))
  },
  toContents: (content) => formatFile(parseNotebook(content)),
}

const textModel: DocumentModel<string> = {
  contentsType: 'file',
  contentsFormat: 'text',
  read: readText,
  write: writeText,
  equals: (a, b) => a === b,
  merge: (base, live, disk) => {
    const { text, conflicts } = mergeText(base, live, disk)
    return { content: text, conflicts }
  },
  fromContents: (content) => {
    if (typeof content !== 'string') throw new SyncError('bad_request', 'The file is not text.')
    return splitLineEndings(content).text
  },
  toContents: (content) => content,
}

/** The model for Jupyter's `format` and `type` of a room; undefined when there is none. */
export function modelFor(format: string, type: string): DocumentModel<Content> | undefined {
  if (format === 'json' && type === 'notebook') return notebookModel
  if (format === 'text' && type === 'file') return textModel as DocumentModel<Content>
  return undefined
}

function notANotebook(fault: string): SyncError {
  return new SyncError('bad_request', `The file is not a notebook: ${fault}.`)
}
