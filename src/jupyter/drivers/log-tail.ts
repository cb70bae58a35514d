import { open } from 'node:fs/promises'

/** Enough for a thousand lines as Jupyter writes them. */
const MAX_TAIL_BYTES = 256 * 1024
const MAX_LINE_LENGTH = 2000

/** The last lines of a log that may be large; none when there is no such file. `secret` is taken out. */
export async function logTail(
  file: string,
  { maxLines, secret }: { readonly maxLines: number; readonly secret: string },
): Promise<readonly string[]> {
  const text = await lastBytes(file)
  const plain = secret === '' ? text : text.replaceAll(secret, '…')
  const lines = plain.split('\n').map((line) => line.slice(0, MAX_LINE_LENGTH))
  if (lines.at(-1) === '') lines.pop()
  return lines.slice(-maxLines)
}

async function lastBytes(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r')
    try {
      const { size } = await handle.stat()
      const length = Math.min(size, MAX_TAIL_BYTES)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
      const text = buffer.toString('utf8', 0, bytesRead)
      // The first line is cut, unless all of the file was read.
      return length === size ? text : text.replace(/^[^\n]*(\n|$)/, '')
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
