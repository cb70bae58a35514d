/**
 * `instance.json` says that a data folder was used before, and by which database. Without it, a
 * lost `CURRENT` file or an unmounted volume would look like a fresh folder: LevelDB would create a
 * new database there, and delete the tables of the old one on the way.
 */
import { randomUUID } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createFile, replaceFile } from './create-file.ts'
import { DataFolderError, errorCode } from './data-folder-error.ts'

export type Instance = {
  /** Shared by the file and the database that belong together. */
  readonly uuid: string
  /** The layout of the sublevels and values, see migrations.ts. The file is never behind the database. */
  readonly format: number
  /**
   * That of the last opening, also kept in the database: when the database has a lower one, it has lost
   * what was written since. 0 when it was never told.
   */
  readonly generation: number
}

export function newInstance(format: number): Instance {
  return { uuid: randomUUID(), format, generation: 0 }
}

export async function readInstanceFile(directory: string): Promise<Instance | undefined> {
  const path = instancePath(directory)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new DataFolderError('unreadable', directory, `Cannot read ${path}.`, { cause: error })
  })
  if (text === undefined) return undefined
  const instance = parseInstance(text)
  if (instance === undefined) {
    const message = `${path} is not what Outrigger wrote. Restore it from a backup; if that cannot be done, remove it: it is made again from the database.`
    throw new DataFolderError('unreadable', directory, message)
  }
  return instance
}

export async function createInstanceFile(directory: string, instance: Instance): Promise<void> {
  await createFile(instancePath(directory), textOf(instance), 0o644)
}

export async function replaceInstanceFile(directory: string, instance: Instance): Promise<void> {
  await replaceFile(instancePath(directory), textOf(instance), 0o644)
}

function textOf(instance: Instance): Buffer {
  return Buffer.from(`${JSON.stringify(instance)}\n`)
}

export function parseInstance(text: string): Instance | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('uuid' in value) || !('format' in value))
      return undefined
    const { uuid, format } = value
    if (typeof uuid !== 'string' || typeof format !== 'number') return undefined
    const generation = 'generation' in value ? value.generation : 0
    return typeof generation === 'number' ? { uuid, format, generation } : undefined
  } catch {
    return undefined
  }
}

/**
 * LevelDB opens without a word when its newest log file is gone or broken from its beginning on. Each
 * opening writes a generation to that log, so what is missing there shows. Throws `DataFolderError`.
 */
export function refuseLostWrites(directory: string, expected: Instance, generation: number): void {
  if (generation >= expected.generation) return
  const message = `The database in ${directory} has lost what was written since it was last opened: it is at generation ${generation}, instance.json says ${expected.generation}. A file of it was lost or damaged, or an older copy was put there. Restore the folder from a backup; to go on with what is left, remove instance.json: it is made again.`
  throw new DataFolderError('lost', directory, message)
}

/** Throws `DataFolderError` (`too-new`) for a format above the one that this version writes. */
export function refuseNewerFormat(directory: string, { format }: Instance, known: number): void {
  if (format <= known) return
  const message = `The data folder ${directory} was written by a newer version of Outrigger (format ${format}, this one knows ${known}). Install that version again.`
  throw new DataFolderError('too-new', directory, message)
}

/** True when a LevelDB folder holds neither a database nor the remains of one. */
export async function isVacant(levelDirectory: string): Promise<boolean> {
  const names = await readdir(levelDirectory).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  })
  return !names.some((name) => name === 'CURRENT' || /\.(?:ldb|sst|log)$/.test(name))
}

function instancePath(directory: string): string {
  return join(directory, 'instance.json')
}
