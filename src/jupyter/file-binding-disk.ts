/** The file's side of a file room: whole versions read and written through the Contents API. */
import { SyncError } from '../protocol/errors.ts'
import type { ContentsFault, FileFacts, ReadAnswer, WriteAnswer } from './contents-answer.ts'
import type { ContentsClient } from './contents-client.ts'
import { type Base, digestOf } from './file-binding-record.ts'
import type { Content, DocumentModel } from './models/document-model.ts'
import { type LineEndings, joinLineEndings, splitLineEndings } from './models/text-model.ts'

/** The part of the client that a binding needs. */
export type ContentsPort = Pick<ContentsClient, 'stat' | 'read' | 'write'>

/** One version of the file. */
export type DiskVersion = {
  readonly facts: FileFacts
  readonly content: Content
  /** Of `content`; see `digestOf`. */
  readonly digest: string
  readonly eol: LineEndings
}

export type DiskAnswer = { readonly kind: 'ok'; readonly disk: DiskVersion } | ContentsFault

type Access = { readonly contents: ContentsPort; readonly model: DocumentModel<Content> }

export async function readDisk({ contents, model }: Access, path: string): Promise<DiskAnswer> {
  const answer = await contents.read(path, model.contentsType, model.contentsFormat)
  if (answer.kind !== 'ok') return answer
  try {
    const content = model.fromContents(answer.content)
    const eol = typeof answer.content === 'string' ? splitLineEndings(answer.content).eol : 'lf'
    return { kind: 'ok', disk: { facts: answer.facts, content, digest: digestOf(content), eol } }
  } catch (error) {
    if (error instanceof SyncError) return { kind: 'bad', message: error.message }
    throw error
  }
}

export type Written = { readonly answer: WriteAnswer; readonly eol: LineEndings }

/** Writes `content`, its lines ending as those of `base` do. */
export async function writeDisk(
  access: Access,
  path: string,
  { content, base }: { readonly content: Content; readonly base: Base },
): Promise<Written> {
  const plain = access.model.toContents(content)
  if (typeof plain !== 'string') {
    const answer = await access.contents.write(path, { type: 'notebook', format: 'json', content: plain })
    return { answer, eol: 'lf' }
  }
  const baseText = typeof base.content === 'string' ? base.content : undefined
  const text = joinLineEndings(plain, base.eol, baseText)
  const answer = await access.contents.write(path, { type: 'file', format: 'text', content: text })
  // A one-line file has no line ending to tell; what its lines ended with before still counts.
  const eol = text.includes('\n') ? splitLineEndings(text).eol : base.eol
  return { answer, eol }
}

/**
 * Keeps the disk's version of a text file in a file beside it, because a part of it could not be
 * merged. The name is derived from the content, so that a repeat finds it there already. What an
 * interrupted write left of it is written again; what somebody edited since is theirs.
 */
export async function keepBeside(
  contents: ContentsPort,
  path: string,
  disk: DiskVersion,
): Promise<{ readonly path: string; readonly answer: ReadAnswer | WriteAnswer }> {
  const beside = conflictPath(path, disk.digest.slice(0, 8))
  const content = joinLineEndings(String(disk.content), disk.eol, String(disk.content))
  const there = await contents.read(beside, 'file', 'text')
  const isWhole = there.kind === 'ok' && !looksTorn(there.content, content)
  if (isWhole || (there.kind !== 'ok' && there.kind !== 'missing')) return { path: beside, answer: there }
  return { path: beside, answer: await contents.write(beside, { type: 'file', format: 'text', content }) }
}

/** `notes/a.txt` -> `notes/a.conflict-1234abcd.txt`. */
export function conflictPath(path: string, mark: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  const stem = dot > 0 ? path.slice(0, path.length - name.length + dot) : path
  return `${stem}.conflict-${mark}${dot > 0 ? name.slice(dot) : ''}`
}

/**
 * Jupyter rewrites a file in place: a reader, or a crash, can meet an empty or cut one. Such a text
 * is not believed at once. Notebooks tell by themselves, a cut one cannot be parsed.
 */
export function looksTorn(content: unknown, before: unknown): boolean {
  return (
    typeof content === 'string' &&
    typeof before === 'string' &&
    content.length < before.length &&
    before.startsWith(content)
  )
}
