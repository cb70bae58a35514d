import { randomBytes } from 'node:crypto'
import { link, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode } from './data-folder-error.ts'

/**
 * Creates a file that is there completely or not at all, also after a power cut. `exists` when
 * there is one already; that one is left alone.
 */
export async function createFile(
  path: string,
  content: Uint8Array,
  mode: number,
): Promise<'created' | 'exists'> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    await writeAndSync(draft, content, mode)
    await link(draft, path)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return 'exists'
    throw error
  } finally {
    await unlink(draft).catch(() => {})
  }
  await syncDirectory(dirname(path))
  return 'created'
}

/** As `createFile`, over what is there. */
export async function replaceFile(path: string, content: Uint8Array, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    await writeAndSync(draft, content, mode)
    await rename(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
  await syncDirectory(dirname(path))
}

async function writeAndSync(path: string, content: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A new name is durable only once its directory is. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
