import type { Readable } from 'node:stream'

/**
 * Keeps a copy of a body while it streams on to somebody else. Call it in the same turn in which
 * the stream is piped. The result is undefined until the body ended, and when it is too large.
 */
export function copyBody(body: Readable, maxBytes: number): () => Buffer | undefined {
  const chunks: Buffer[] = []
  let bytes = 0
  let isComplete = false
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxBytes) chunks.push(chunk)
    else chunks.length = 0
  })
  body.once('end', () => {
    isComplete = bytes <= maxBytes
  })
  return () => (isComplete ? Buffer.concat(chunks) : undefined)
}
