import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { EnvironmentError } from '../config/fault.ts'

/**
 * Makes a folder that is there completely or not at all: `fill` works in one beside it, whose name
 * ends in `.partial`, and only when everything is on the disk it gets its name. After a failure the
 * partial one is removed; after `kill -9` it stays, and no later run takes it for anything.
 * Throws `EnvironmentError` when `target` is there and not empty.
 */
export async function createFolder<Result>(
  target: string,
  fill: (partial: string) => Promise<Result>,
): Promise<Result> {
  const folder = resolve(target)
  await refuseUsed(folder)
  await mkdir(dirname(folder), { recursive: true })
  const partial = `${folder}.${randomBytes(4).toString('hex')}.partial`
  await mkdir(partial, { mode: 0o700 })
  try {
    const result = await fill(partial)
    await syncTree(partial)
    await rename(partial, folder)
    await syncOne(dirname(folder))
    return result
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

async function refuseUsed(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  if (names.length === 0) return
  throw new EnvironmentError({
    key: 'DIR',
    problem: `${folder} is there and not empty`,
    fix: 'Name a folder that does not exist yet; it is made.',
  })
}

/** Files first, then the folders that name them. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await syncTree(path)
    else if (entry.isFile()) await syncOne(path)
  }
  await syncOne(folder)
}

async function syncOne(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
