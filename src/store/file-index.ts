/**
 * Which file id belongs to which path of Jupyter's files, across renames and restarts.
 *
 * A room is named after its file id, so losing an entry would give a file a second, separate
 * history. Every change is therefore synced, whatever the fsync mode.
 */
import { randomUUID } from 'node:crypto'
import { SyncError } from '../protocol/errors.ts'
import type { FileId } from '../protocol/names.ts'
import { decodePathKey, fileIdKey, pathKey, subtreeRange } from './keys.ts'
import type { LevelDatabase } from './level-database.ts'
import type { Operation } from './level-handle.ts'
import { RecentMap } from './recent-map.ts'
import { seal, unseal } from './record.ts'
import { SerialQueue } from './serial-queue.ts'

/**
 * Paths are Jupyter's: relative to its root, segments separated by `/`; slashes at the ends and
 * doubled ones do not count. Throws `SyncError`: `bad_request` for a path that names nothing,
 * `load_failed` for a damaged entry, `store_unavailable`.
 */
export interface FileIndex {
  /** The id of the file at `path`; a new one when it has none yet. */
  idFor(path: string): Promise<{ readonly fileId: FileId; readonly isNew: boolean }>
  find(path: string): Promise<FileId | undefined>
  pathOf(fileId: FileId): Promise<string | undefined>
  /** A file or a whole folder. What was known at `to` before is forgotten. */
  move(from: string, to: string): Promise<void>
  /** A file or a whole folder. */
  remove(path: string): Promise<void>
}

type Entry = { readonly segments: readonly string[]; readonly fileId: FileId }

const MAX_CACHED = 2_000
/** Longer than any file system's. */
const MAX_PATH_BYTES = 16_384

export class LevelFileIndex implements FileIndex {
  readonly #database: LevelDatabase
  readonly #changes = new SerialQueue()
  readonly #ids = new RecentMap<string, FileId>(MAX_CACHED)
  readonly #paths = new RecentMap<FileId, string>(MAX_CACHED)
  /** Rises whenever an entry goes or moves, so that an older answer is not cached after it. */
  #version = 0

  constructor(database: LevelDatabase) {
    this.#database = database
  }

  async idFor(path: string): Promise<{ readonly fileId: FileId; readonly isNew: boolean }> {
    const segments = segmentsOf(path)
    const known = await this.#find(segments)
    if (known !== undefined) return { fileId: known, isNew: false }
    return this.#changes.run(async () => {
      const existing = await this.#find(segments)
      if (existing !== undefined) return { fileId: existing, isNew: false }
      const fileId = randomUUID() as FileId
      await this.#database.write(putEntry({ segments, fileId }), { durability: 'synced' })
      return { fileId, isNew: true }
    })
  }

  async find(path: string): Promise<FileId | undefined> {
    return this.#find(segmentsOf(path))
  }

  async pathOf(fileId: FileId): Promise<string | undefined> {
    const cached = this.#paths.get(fileId)
    if (cached !== undefined) return cached
    const version = this.#version
    const path = await this.#read(fileIdKey(fileId))
    if (path !== undefined && version === this.#version) this.#paths.set(fileId, path)
    return path
  }

  async move(from: string, to: string): Promise<void> {
    const source = segmentsOf(from)
    const target = segmentsOf(to)
    if (pathKey(source).equals(pathKey(target))) return
    await this.#changes.run(async () => {
      const moved = await this.#subtree(source)
      const isMoved = new Set(moved.map((entry) => entry.fileId))
      const overwritten = (await this.#subtree(target)).filter((entry) => !isMoved.has(entry.fileId))
      await this.#change([
        ...[...moved, ...overwritten].flatMap(deleteEntry),
        ...moved.flatMap(({ segments, fileId }) =>
          putEntry({ segments: [...target, ...segments.slice(source.length)], fileId }),
        ),
      ])
    })
  }

  async remove(path: string): Promise<void> {
    const segments = segmentsOf(path)
    await this.#changes.run(async () => {
      await this.#change((await this.#subtree(segments)).flatMap(deleteEntry))
    })
  }

  async #find(segments: readonly string[]): Promise<FileId | undefined> {
    const path = segments.join('/')
    const cached = this.#ids.get(path)
    if (cached !== undefined) return cached
    const version = this.#version
    const fileId = (await this.#read(pathKey(segments))) as FileId | undefined
    if (fileId !== undefined && version === this.#version) this.#ids.set(path, fileId)
    return fileId
  }

  async #read(key: Buffer): Promise<string | undefined> {
    const value = await this.#database.read(async (reader) => reader.get('file', key))
    return value === undefined ? undefined : textOf(key, value)
  }

  async #subtree(segments: readonly string[]): Promise<Entry[]> {
    return this.#database.read(async (reader) => {
      const entries: Entry[] = []
      for await (const [key, value] of reader.entries('file', subtreeRange(segments))) {
        const found = decodePathKey(key)
        if (found !== undefined) entries.push({ segments: found, fileId: textOf(key, value) as FileId })
      }
      return entries
    })
  }

  async #change(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return
    try {
      await this.#database.write(operations, { durability: 'synced' })
    } finally {
      // Also after a failure, whose outcome is unknown.
      this.#version += 1
      this.#ids.clear()
      this.#paths.clear()
    }
  }
}

function segmentsOf(path: string): string[] {
  const segments = path.split('/').filter((segment) => segment !== '')
  if (segments.length === 0) throw new SyncError('bad_request', 'The path names no file.')
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new SyncError('bad_request', 'The path is too long.')
  return segments
}

function putEntry({ segments, fileId }: Entry): Operation[] {
  const byPath = pathKey(segments)
  const byId = fileIdKey(fileId)
  return [
    { type: 'put', sublevel: 'file', key: byPath, value: seal(byPath, Buffer.from(fileId)) },
    { type: 'put', sublevel: 'file', key: byId, value: seal(byId, Buffer.from(segments.join('/'))) },
  ]
}

function deleteEntry({ segments, fileId }: Entry): Operation[] {
  return [
    { type: 'del', sublevel: 'file', key: pathKey(segments) },
    { type: 'del', sublevel: 'file', key: fileIdKey(fileId) },
  ]
}

function textOf(key: Buffer, value: Uint8Array): string {
  const payload = unseal(key, value)
  if (!('damage' in payload)) return Buffer.from(payload).toString()
  throw new SyncError('load_failed', `An entry of the file index is damaged: ${payload.damage}.`)
}
