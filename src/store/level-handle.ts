/** LevelDB as the store uses it: binary sublevels, reads from one consistent view. */
import type { AbstractSnapshot } from 'abstract-level'
import { Level } from 'level'
import { SyncError } from '../protocol/errors.ts'
import { errorCode } from './data-folder-error.ts'
import { type KeyRange, SUBLEVELS, type Sublevel } from './keys.ts'

const BINARY = { keyEncoding: 'buffer', valueEncoding: 'buffer' }
const NEVER_CREATE = { ...BINARY, createIfMissing: false }

export type Operation =
  | { readonly type: 'put'; readonly sublevel: Sublevel; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly sublevel: Sublevel; readonly key: Buffer }

type RangeOptions = { readonly isReversed?: boolean; readonly limit?: number }

/** Everything seen through one reader is of one moment, whatever is written meanwhile. */
export interface Reader {
  get(sublevel: Sublevel, key: Buffer): Promise<Buffer | undefined>
  /** An empty range is the whole sublevel. */
  entries(
    sublevel: Sublevel,
    range: Partial<KeyRange>,
    options?: RangeOptions,
  ): AsyncIterable<[Buffer, Buffer]>
  keys(sublevel: Sublevel, range: Partial<KeyRange>, options?: RangeOptions): Promise<Buffer[]>
  /** A whole sublevel in portions, each of which keeps the event loop for less than a millisecond. */
  portions(sublevel: Sublevel): AsyncIterable<readonly (readonly [Buffer, Buffer])[]>
}

type Sub = ReturnType<typeof sublevelOf>
/** A sublevel, and what its keys begin with in the database. */
type Place = { readonly sublevel: Sub; readonly prefix: Buffer }

/** Of one portion; the native side stops at the bytes, and after them with the entry it is at. */
const PORTION_ENTRIES = 500
const PORTION_BYTES = 64 * 1024

/** From this size on, what an operation costs is its bytes. */
const BULKY_BYTES = 64 * 1024

export class LevelHandle {
  readonly #directory: string
  #level: Level<Buffer, Buffer> | undefined
  #places: ReadonlyMap<Sublevel, Place> = new Map()

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Opens, or opens again after `close`. Never creates a database unless told to. */
  async open(options: { readonly createIfMissing: boolean }): Promise<void> {
    // Made only now: a `Level` opens itself right after its constructor when nobody else does.
    const level = (this.#level ??= new Level<Buffer, Buffer>(this.#directory, NEVER_CREATE))
    await level.open(options)
    // Sublevels are closed with the database and do not come back with it.
    this.#places = new Map(SUBLEVELS.map((name) => [name, placeOf(level, name)]))
  }

  async close(): Promise<void> {
    await this.#level?.close()
  }

  /** All operations, or none. `isSynced`: resolves only when they are behind an fsync. */
  async write(operations: readonly Operation[], isSynced: boolean): Promise<void> {
    const options = { sync: isSynced }
    if (operations.some(isBulky)) await this.#open().batch(operations.map(this.#toArrayOperation), options)
    else await this.#chain(operations).write(options)
  }

  /**
   * A third of what an array of operations costs (bench/micro/commit.ts). Not for large values:
   * LevelDB's copy of a chain is freed only by the garbage collector, which does not see its size.
   */
  #chain(operations: readonly Operation[]) {
    const chain = this.#open().batch()
    for (const operation of operations) {
      const { prefix } = this.#place(operation.sublevel)
      // Whole keys and no options: a sublevel among the options makes `put` slower than all the rest.
      const key = Buffer.concat([prefix, operation.key], prefix.length + operation.key.length)
      if (operation.type === 'put') chain.put(key, operation.value)
      else chain.del(key)
    }
    return chain
  }

  readonly #toArrayOperation = (operation: Operation) => ({
    ...operation,
    sublevel: this.#sublevel(operation.sublevel),
  })

  async read<Result>(task: (reader: Reader) => Promise<Result>): Promise<Result> {
    const { reader, close } = this.view()
    try {
      return await task(reader)
    } finally {
      await close()
    }
  }

  /** One consistent view, for as long as it is not closed. */
  view(): { readonly reader: Reader; readonly close: () => Promise<void> } {
    const snapshot = this.#open().snapshot()
    const reader: Reader = {
      get: async (sublevel, key) => this.#sublevel(sublevel).get(key, { snapshot }),
      entries: (sublevel, range, options) =>
        this.#sublevel(sublevel).iterator({ ...range, ...levelOptions(options), snapshot }),
      keys: async (sublevel, range, options) =>
        this.#sublevel(sublevel)
          .keys({ ...range, ...levelOptions(options), snapshot })
          .all(),
      portions: (sublevel) => portionsOf(this.#sublevel(sublevel), snapshot),
    }
    return { reader, close: async () => snapshot.close() }
  }

  async isEmpty(): Promise<boolean> {
    for await (const _ of this.#open().keys({ limit: 1 })) return false
    return true
  }

  #open(): Level<Buffer, Buffer> {
    if (this.#level === undefined) throw notOpen()
    return this.#level
  }

  #sublevel(name: Sublevel): Sub {
    return this.#place(name).sublevel
  }

  #place(name: Sublevel): Place {
    const place = this.#places.get(name)
    if (place === undefined) throw notOpen()
    return place
  }
}

function isBulky(operation: Operation): boolean {
  return operation.type === 'put' && operation.value.length >= BULKY_BYTES
}

function notOpen(): SyncError {
  return new SyncError('store_unavailable', 'The database is not open.')
}

/** LevelDB found a block that it cannot read. */
export function isCorruption(error: unknown): boolean {
  return errorCode(error) === 'LEVEL_CORRUPTION'
}

/** LevelDB's faults in our words; corruption and faults that are not LevelDB's stay what they are. */
export function asStoreError(error: unknown): unknown {
  const isLevelFault = errorCode(error)?.startsWith('LEVEL_') === true && !isCorruption(error)
  return isLevelFault ? new SyncError('store_unavailable', undefined, { cause: error }) : error
}

function levelOptions({ isReversed = false, limit = -1 }: RangeOptions = {}) {
  return { reverse: isReversed, limit }
}

async function* portionsOf(sublevel: Sub, snapshot: AbstractSnapshot) {
  // The option is classic-level's own; the sublevel passes it on.
  const options = { snapshot, highWaterMarkBytes: PORTION_BYTES }
  const iterator = sublevel.iterator(options)
  try {
    for (;;) {
      const entries = await iterator.nextv(PORTION_ENTRIES)
      if (entries.length === 0) return
      yield entries
    }
  } finally {
    await iterator.close()
  }
}

function placeOf(level: Level<Buffer, Buffer>, name: Sublevel): Place {
  const sublevel = sublevelOf(level, name)
  return { sublevel, prefix: Buffer.from(sublevel.prefix) }
}

function sublevelOf(level: Level<Buffer, Buffer>, name: Sublevel) {
  return level.sublevel<Buffer, Buffer>(name, BINARY)
}
