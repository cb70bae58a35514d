/** A stored document as files for `outrigger export`. */
import type { Doc } from 'yjs'
import { encodeStateAsUpdate } from 'yjs'
import type { DescribeDocument, ExportedFile } from '../cli/export.ts'
import { describeRoots } from '../document/describe-roots.ts'
import { type NamedRoom, parseJupyterRoom } from '../jupyter/collaboration-room-name.ts'
import { type BindingRecord, decodeRecord } from '../jupyter/file-binding-record.ts'
import { type Json, canonicalJson, toJson } from '../jupyter/models/json.ts'
import { joinLineEndings } from '../jupyter/models/text-model.ts'
import { type DocumentId, parseRoomName } from '../protocol/names.ts'
import { BackgroundTurns } from '../room/background-turns.ts'
import { systemClock } from '../room/clock.ts'
import { restoreDoc } from '../room/restore-doc.ts'

type FileRoom = Extract<NamedRoom, { kind: 'file' }>

/**
 * A file of Jupyter's becomes that file, below `files` at the path where it is now, or in `unplaced`
 * when it is nowhere any more. Everything else becomes, below `rooms`, its whole state as one Yjs
 * update (V1), from which nothing is missing, and a JSON view of it.
 */
export const describeDocument: DescribeDocument = async (document, stored, files) => {
  const { doc } = await restoreDoc(stored, new BackgroundTurns(systemClock))
  try {
    const room = fileRoom(document)
    if (room === undefined) return plainFiles(document, doc)
    const binding = stored.binding && (await decodeRecord(stored.binding))
    const path = (await files.pathOf(room.fileId))?.split('/')
    const content = fileContent(room, doc, binding)
    return [{ path: path === undefined ? unplaced(room) : ['files', ...path], content }]
  } finally {
    doc.destroy()
  }
}

function fileRoom(document: DocumentId): FileRoom | undefined {
  const [kind, ...rest] = document.split('/')
  const name = kind === 'jupyter' ? parseRoomName(rest.join('/')) : undefined
  const room = name && parseJupyterRoom(name)
  return room?.kind === 'file' ? room : undefined
}

function fileContent({ model }: FileRoom, doc: Doc, binding: BindingRecord | undefined): string {
  const content = model.toContents(model.read(doc))
  if (typeof content !== 'string') return notebookText(toJson(content))
  const { eol = 'lf', content: base } = binding?.base ?? {}
  return joinLineEndings(content, eol, typeof base === 'string' ? base : undefined)
}

/** As Jupyter writes it: sorted keys, one space, a newline at the end. */
function notebookText(notebook: Json): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(notebook)), undefined, 1)}\n`
}

function unplaced({ fileId, model }: FileRoom): readonly string[] {
  return ['unplaced', `${fileId}.${model.contentsType === 'notebook' ? 'ipynb' : 'txt'}`]
}

function plainFiles(document: DocumentId, doc: Doc): readonly ExportedFile[] {
  const folders = ['rooms', ...document.split('/')]
  const name = folders.pop() ?? ''
  return [
    { path: [...folders, `${name}.bin`], content: encodeStateAsUpdate(doc) },
    { path: [...folders, `${name}.json`], content: `${describeRoots(doc)}\n` },
  ]
}
