/**
 * What is remembered about a file beside its document, as one `binding` record of the log: what
 * file and document last agreed on, and whether a write is under way. It is written in the same
 * durable step as the edit it belongs to, so a crash can neither merge twice nor forget a save.
 */
import { promisify } from 'node:util'
import { constants, deflateRaw, inflateRaw } from 'node:zlib'
import type { FileId } from '../protocol/names.ts'
import { isRecord } from './contents-answer.ts'
import { canonicalHash, canonicalNotebook } from './models/canonical.ts'
import type { Content } from './models/document-model.ts'
import type { LineEndings } from './models/text-model.ts'

/** How a version of the file is recognised without reading it. */
export type Stamp = {
  /** Undefined when Jupyter did not say; then `lastModified` is all there is. */
  readonly hash: string | undefined
  readonly lastModified: string
}

/** What file and document last agreed on. */
export type Base = Stamp & {
  readonly content: Content
  /** Of `content`; see `digestOf`. */
  readonly digest: string
  readonly eol: LineEndings
  /** `content`, as `packContent` gives it: it is stored often and changes rarely. */
  readonly packed: Uint8Array
}

export type BindingRecord = {
  readonly path: string
  readonly fileId: FileId
  readonly base: Base
  /** Digest of the content of a write whose outcome is not known yet. */
  readonly intent: string | undefined
}

const FORMAT = 1
const MAX_CONTENT_BYTES = 1024 * 1024 * 1024

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

/** Off the event loop, since a notebook with pictures has megabytes. */
export async function packContent(content: Content): Promise<Uint8Array> {
  return await deflate(JSON.stringify(content), { level: constants.Z_BEST_SPEED })
}

/** Two lengths are not needed: the header's is enough, the packed content is the rest. */
export function encodeRecord({ path, fileId, base, intent }: BindingRecord): Uint8Array {
  const { packed, eol, hash, lastModified } = base
  const header = Buffer.from(
    JSON.stringify({ format: FORMAT, path, fileId, eol, hash, lastModified, intent }),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32BE(header.length)
  return Buffer.concat([length, header, packed])
}

/** Undefined when the bytes are no record of a format that this version knows. */
export async function decodeRecord(bytes: Uint8Array): Promise<BindingRecord | undefined> {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const end = 4 + buffer.readUInt32BE(0)
    const header: unknown = JSON.parse(buffer.subarray(4, end).toString('utf8'))
    if (!isRecord(header) || header['format'] !== FORMAT) return undefined
    const { path, fileId, eol, hash, lastModified, intent } = header
    if (typeof path !== 'string' || typeof fileId !== 'string' || typeof lastModified !== 'string')
      return undefined
    const packed = buffer.subarray(end)
    const json = await inflate(packed, { maxOutputLength: MAX_CONTENT_BYTES })
    const content = JSON.parse(json.toString('utf8')) as Content
    return {
      path,
      fileId: fileId as FileId,
      base: {
        content,
        digest: digestOf(content),
        eol: eol as LineEndings,
        packed,
        hash: typeof hash === 'string' ? hash : undefined,
        lastModified,
      },
      intent: typeof intent === 'string' ? intent : undefined,
    }
  } catch {
    return undefined
  }
}

/** True when the file is the one that was seen before. A hash says it all: `touch` changes the time only. */
export function isSameStamp(a: Stamp, b: Stamp): boolean {
  if (a.hash !== undefined && b.hash !== undefined) return a.hash === b.hash
  return a.lastModified === b.lastModified
}

/** Equal for two contents exactly when saving one over the other would not change the file. */
export function digestOf(content: Content): string {
  return canonicalHash(typeof content === 'string' ? `text:${content}` : canonicalNotebook(content))
}
