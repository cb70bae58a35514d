import { constants } from 'node:fs'
import { copyFile, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from './data-folder-error.ts'

/** Drafts of files that were being written. */
const DRAFT = /\.(?:new|tmp)$/

/**
 * The files beside the database: `instance.json`, secrets, what `outrigger up` remembers; with their
 * modes. Folders, sockets and drafts are left out. Gives their names.
 */
export async function copyLooseFiles(from: string, to: string): Promise<readonly string[]> {
  const names: string[] = []
  for (const name of await readdir(from)) {
    if (DRAFT.test(name) || !(await isFile(join(from, name)))) continue
    await copyFile(join(from, name), join(to, name), constants.COPYFILE_EXCL)
    names.push(name)
  }
  return names
}

/** False for what went away meanwhile. */
async function isFile(path: string): Promise<boolean> {
  const found = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
  return found?.isFile() === true
}
