/**
 * Opens LevelDB only when it is the database that belongs to the folder, brings it to this version's
 * format, and takes the next generation.
 */
import { join } from 'node:path'
import type { Token } from '../room/ports.ts'
import { DataFolderError, errorCode } from './data-folder-error.ts'
import { lockedError } from './data-folder-guard.ts'
import {
  type Instance,
  createInstanceFile,
  isVacant,
  newInstance,
  parseInstance,
  readInstanceFile,
  refuseLostWrites,
  refuseNewerFormat,
  replaceInstanceFile,
} from './instance-file.ts'
import type { LevelHandle, Operation, Reader } from './level-handle.ts'
import { MIGRATIONS, type Migration, formatAfter } from './migrations.ts'
import { seal, unseal } from './record.ts'
import type { StoreLog } from './store-log.ts'

const INSTANCE = Buffer.from('instance')
const GENERATION = Buffer.from('generation')
const SYNCED_AT = Buffer.from('syncedAt')

export type OpenOptions = {
  readonly log: StoreLog
  /** Others than this version's only in tests. */
  readonly migrations?: readonly Migration[] | undefined
}

/** Leaves the handle open and returns this process's generation. Throws `DataFolderError`. */
export async function openInstance(
  handle: LevelHandle,
  directory: string,
  { log, migrations = MIGRATIONS }: OpenOptions,
): Promise<Token> {
  const format = formatAfter(migrations)
  const expected = await readInstanceFile(directory)
  if (expected !== undefined) refuseNewerFormat(directory, expected, format)
  await openHandle(handle, directory, expected)
  const found = await handle.read(readInstance)
  // Creation goes: database, its name inside it, instance.json. So a named database without the file
  // is one whose creation was cut short, or whose file was lost: both are ours.
  if (expected !== undefined) refuseMismatch(directory, expected, found)
  const instance = found ?? (await nameNewDatabase(handle, directory, format))
  refuseNewerFormat(directory, instance, format)
  const lastGeneration = await handle.read(readGeneration)
  if (expected !== undefined) refuseLostWrites(directory, expected, lastGeneration)
  const opened = { ...instance, generation: lastGeneration + 1 }
  // The database first: it may be ahead of the file, not behind it.
  await handle.write(metaWrites(opened), true)
  await noteInFile(directory, opened, { expected, log })
  await migrate(handle, directory, { instance: opened, migrations, log })
  return opened.generation
}

/**
 * Opens what is there, to be read as it is: nothing is created, migrated or written by us, and the
 * format stays what it was. Throws `DataFolderError`.
 */
export async function openUnchanged(handle: LevelHandle, directory: string): Promise<void> {
  const format = formatAfter(MIGRATIONS)
  const expected = await readInstanceFile(directory)
  if (expected !== undefined) refuseNewerFormat(directory, expected, format)
  const levelDirectory = join(directory, 'leveldb')
  if (expected === undefined && (await isVacant(levelDirectory))) {
    throw new DataFolderError('lost', directory, `${directory} is no data folder. Name one with --data.`)
  }
  try {
    await handle.open({ createIfMissing: false })
  } catch (error) {
    throw explainOpenFailure(directory, levelDirectory, error)
  }
  const found = await handle.read(readInstance)
  if (found !== undefined) refuseNewerFormat(directory, found, format)
  refuseMismatch(directory, expected ?? found, found)
  if (expected !== undefined) refuseLostWrites(directory, expected, await handle.read(readGeneration))
}

async function noteInFile(
  directory: string,
  instance: Instance,
  { expected, log }: { readonly expected: Instance | undefined; readonly log: StoreLog },
): Promise<void> {
  if (expected === undefined) {
    await createInstanceFile(directory, instance)
    log.info({ directory, instance: instance.uuid }, 'the data folder was set up')
    return
  }
  // The file says the newest format that any part of the database may have.
  const format = Math.max(expected.format, instance.format)
  await replaceInstanceFile(directory, { ...instance, format })
}

/**
 * `instance.json` goes first: an older version looks there before it opens the database, and must not
 * open one that is half of each. The format in the database says how far it is.
 */
async function migrate(
  handle: LevelHandle,
  directory: string,
  {
    instance,
    migrations,
    log,
  }: { readonly instance: Instance; readonly migrations: readonly Migration[]; readonly log: StoreLog },
): Promise<void> {
  const pending = migrations.filter(({ to }) => to > instance.format)
  if (pending.length === 0) return
  await replaceInstanceFile(directory, { ...instance, format: formatAfter(migrations) })
  for (const { to, what, run } of pending) {
    log.info({ format: to, what }, 'the store is being brought to a newer format')
    await run(handle)
    await handle.write([metaPut(INSTANCE, formatInstance({ ...instance, format: to }))], true)
  }
}

/** Generation that the database was last opened under; 0 for a new one. */
export async function readGeneration(reader: Reader): Promise<Token> {
  const text = await readMeta(reader, GENERATION)
  return text === undefined ? 0 : Number(text)
}

/** Carries no information: written to make everything before it durable. */
export function syncMark(): Operation {
  return metaPut(SYNCED_AT, new Date().toISOString())
}

async function openHandle(
  handle: LevelHandle,
  directory: string,
  expected: Instance | undefined,
): Promise<void> {
  const levelDirectory = join(directory, 'leveldb')
  const isNew = expected === undefined && (await isVacant(levelDirectory))
  try {
    await handle.open({ createIfMissing: isNew })
  } catch (error) {
    throw explainOpenFailure(directory, levelDirectory, error)
  }
}

function explainOpenFailure(directory: string, levelDirectory: string, error: unknown): DataFolderError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (errorCode(cause) === 'LEVEL_LOCKED') return lockedError(directory, 'another process', cause)
  const reason = cause instanceof Error ? cause.message : String(cause)
  if (errorCode(cause) === 'LEVEL_IO_ERROR') {
    const message = `The database in ${levelDirectory} cannot be opened: ${reason}. Check the disk and the rights on the folder.`
    return new DataFolderError('unreadable', directory, message, { cause })
  }
  const message = `The data folder ${directory} was used before, but its database is gone or incomplete: ${reason}. Check that the right volume is mounted, or restore ${levelDirectory} from a backup. To start with nothing, move the data folder away.`
  return new DataFolderError('lost', directory, message, { cause })
}

async function nameNewDatabase(handle: LevelHandle, directory: string, format: number): Promise<Instance> {
  if (await handle.isEmpty()) return newInstance(format)
  const message = `The database in ${directory} is not one of Outrigger's. Choose another folder with --data.`
  throw new DataFolderError('mismatch', directory, message)
}

function refuseMismatch(
  directory: string,
  expected: Instance | undefined,
  found: Instance | undefined,
): void {
  if (expected !== undefined && expected.uuid === found?.uuid) return
  const message = `The data folder ${directory} and the database in it do not belong together: instance.json says ${expected?.uuid ?? 'nothing'}, the database ${found?.uuid ?? 'nothing'}. Check that the right volume is mounted, or restore both from the same backup.`
  throw new DataFolderError('mismatch', directory, message)
}

async function readInstance(reader: Reader): Promise<Instance | undefined> {
  const text = await readMeta(reader, INSTANCE)
  return text === undefined ? undefined : parseInstance(text)
}

async function readMeta(reader: Reader, key: Buffer): Promise<string | undefined> {
  const value = await reader.get('meta', key)
  if (value === undefined) return undefined
  const payload = unseal(key, value)
  if ('damage' in payload)
    throw new Error(`the database's own "${key.toString()}" entry is damaged: ${payload.damage}`)
  return Buffer.from(payload).toString()
}

function metaWrites(instance: Instance): Operation[] {
  return [metaPut(INSTANCE, formatInstance(instance)), metaPut(GENERATION, String(instance.generation))]
}

/** The generation has an entry of its own. */
function formatInstance({ uuid, format }: Instance): string {
  return JSON.stringify({ uuid, format })
}

function metaPut(key: Buffer, text: string): Operation {
  return { type: 'put', sublevel: 'meta', key, value: seal(key, Buffer.from(text)) }
}
