import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createFile } from './create-file.ts'
import { DataFolderError, errorCode } from './data-folder-error.ts'

/**
 * A random secret of the given length that outlives restarts, in a file of the data folder that
 * only its owner may read. Several callers at once get the same secret. Throws `DataFolderError`
 * when a file is there that cannot be this secret.
 */
export async function readOrCreateSecret(directory: string, name: string, bytes: number): Promise<Buffer> {
  const path = join(directory, `${name}.secret`)
  const existing = await readSecret(path, directory, bytes)
  if (existing !== undefined) return existing
  const secret = randomBytes(bytes)
  if ((await createFile(path, secret, 0o600)) === 'created') return secret
  const winner = await readSecret(path, directory, bytes)
  if (winner === undefined) throw new DataFolderError('unreadable', directory, `${path} disappeared.`)
  return winner
}

async function readSecret(path: string, directory: string, bytes: number): Promise<Buffer | undefined> {
  const secret = await readFile(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new DataFolderError('unreadable', directory, `Cannot read ${path}.`, { cause: error })
  })
  if (secret !== undefined && secret.length !== bytes) {
    const message = `${path} should hold ${bytes} random bytes and holds ${secret.length}. Remove it; a new one is made, and everybody signs in again.`
    throw new DataFolderError('unreadable', directory, message)
  }
  return secret
}
