/**
 * Shows a reader's front-end what it may do: JupyterLab opens a file read-only when its contents
 * model says `writable: false`. This is only the message; the gate refuses the writes.
 */
import { Transform, type TransformCallback } from 'node:stream'

/** A contents model with `writable: false`, and so the entries of a directory. */
export function asReadOnly(model: unknown): unknown {
  if (!isModel(model)) return model
  const { content, type } = model
  const isListing = type === 'directory' && Array.isArray(content)
  return { ...model, writable: false, ...(isListing ? { content: content.map(asReadOnly) } : {}) }
}

function isModel(value: unknown): value is { readonly [key: string]: unknown } & ModelKeys {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'writable' in value
}

type ModelKeys = { readonly content?: unknown; readonly type?: unknown }

/**
 * Rewrites one JSON answer. It has to be whole for that; one larger than `maxBytes` passes
 * unchanged, because parsing it would hold up everybody else.
 */
export class ReaderView extends Transform {
  readonly #maxBytes: number
  #chunks: Buffer[] | undefined = []
  #bytes = 0

  constructor(maxBytes: number) {
    super()
    this.#maxBytes = maxBytes
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#chunks === undefined) return done(null, chunk)
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) {
      for (const kept of this.#chunks) this.push(kept)
      this.#chunks = undefined
    }
    done()
  }

  override _flush(done: TransformCallback): void {
    if (this.#chunks !== undefined) this.push(rewritten(Buffer.concat(this.#chunks)))
    done()
  }
}

function rewritten(bytes: Buffer): Buffer {
  try {
    return Buffer.from(JSON.stringify(asReadOnly(JSON.parse(bytes.toString('utf8')))))
  } catch {
    return bytes
  }
}
