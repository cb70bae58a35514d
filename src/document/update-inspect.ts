/**
 * Checks a Yjs update (V1) from outside before Yjs sees it.
 *
 * `Y.applyUpdate` trusts its input: it may throw after having applied half, allocate what seven bytes
 * ask for, or take something that can never be encoded again. The walk here refuses all of that and
 * gathers what is needed to decide whether the update can be applied now (`isApplicable`).
 */
import { ByteCursor, malformed } from '../protocol/byte-cursor.ts'
import { Content } from './update-content.ts'
import { type DeleteLimits, readDeletes } from './update-deletes.ts'
import { KeyWrites } from './update-key-writes.ts'
import { type Nesting, nestingOf } from './update-nesting.ts'
import { type ClientStructs, References } from './update-references.ts'
import { RootNames } from './update-roots.ts'
import { ABSENT, type StructLimits, StructReader } from './update-struct-reader.ts'
import { tooLarge } from './update-values.ts'

export type UpdateLimits = StructLimits &
  DeleteLimits & {
    /** Shared types in each other, from the root or from where the update hangs on to the document. */
    readonly maxTypeDepth: number
    readonly maxRoots: number
  }

/**
 * Far above real documents, far below what hurts: 130,000 random edits make 20,000 delete ranges,
 * and deleting types nested 3000 deep overflows the stack.
 */
export const UPDATE_LIMITS: UpdateLimits = {
  maxClients: 20_000,
  maxStructs: 2_000_000,
  maxDeleteRanges: 200_000,
  maxRoots: 1024,
  maxTypeDepth: 128,
  maxValueDepth: 256,
  maxKeyBytes: 65_536,
  maxSubdocuments: 10_000,
}

export type UpdateFacts = {
  /** Adds no struct and deletes nothing: what a client with nothing to say answers to a step 1. */
  readonly isEmpty: boolean
  /** Whose structs, and which; the keys are client ids. */
  readonly structs: ReadonlyMap<number, ClientStructs>
  /** Client -> the clocks below this must be in the document; what the update brings is left out. */
  readonly missing: ReadonlyMap<number, number>
  /** Client -> the end of the last range that is deleted. */
  readonly deletes: ReadonlyMap<number, number>
  readonly deleteRanges: number
  /** Where the delete set starts in the bytes. */
  readonly deleteSetStart: number
  /** A hole in some client's structs, as `Y.mergeUpdates` leaves where an update is missing. */
  readonly hasSkip: boolean
  /** Names of root types that are mentioned. */
  readonly roots: ReadonlySet<string>
  /** Undefined when no shared type is created. */
  readonly nesting: Nesting | undefined
  /** Fine in Yjs, but JSON has no such number. */
  readonly hasBigInt: boolean
}

/**
 * Walks the whole update; the same bytes always give the same facts.
 *
 * Throws `SyncError('malformed_message')` for what no Yjs client writes and
 * `SyncError('too_large')` for what exceeds a limit. The message says what and where, not the content.
 */
export function inspectUpdate(update: Uint8Array, limits: UpdateLimits = UPDATE_LIMITS): UpdateFacts {
  const cursor = new ByteCursor(update)
  const walk = new StructWalk(cursor, limits)
  walk.run()
  const deleteSetStart = cursor.position
  const deletes = readDeletes(cursor, limits)
  cursor.expectEnd()
  const { structs, references } = walk
  references.checkOrder(structs)
  return {
    isEmpty: structs.size === 0 && deletes.ranges === 0,
    structs,
    missing: addMissingDeletes(references.missing(structs), deletes.ends, structs),
    deletes: deletes.ends,
    deleteRanges: deletes.ranges,
    deleteSetStart,
    hasSkip: walk.hasSkip,
    roots: walk.roots.names,
    nesting: walk.hasTypes ? checkNesting(update, limits) : undefined,
    hasBigInt: walk.hasBigInt,
  }
}

class StructWalk {
  readonly structs = new Map<number, ClientStructs>()
  readonly references: References
  readonly roots: RootNames
  hasSkip = false
  hasTypes = false
  readonly #cursor: ByteCursor
  readonly #reader: StructReader
  readonly #keyWrites: KeyWrites

  constructor(cursor: ByteCursor, limits: UpdateLimits) {
    this.#cursor = cursor
    this.references = new References(limits.maxClients)
    this.#reader = new StructReader(cursor, limits)
    this.#keyWrites = new KeyWrites(cursor.bytes)
    this.roots = new RootNames(cursor.bytes, limits.maxRoots)
  }

  get hasBigInt(): boolean {
    return this.#reader.contents.values.hasBigInt
  }

  run(): void {
    while (this.#reader.nextClient()) this.#walkClient()
  }

  #walkClient(): void {
    const reader = this.#reader
    const { client } = reader
    this.references.startClient(client)
    this.#keyWrites.startClient()
    let first: number | undefined
    let required = 0
    let end = 0
    let isAfterGap = true
    while (reader.nextStruct()) {
      if (reader.content === Content.skip) {
        this.hasSkip = true
        isAfterGap = true
        continue
      }
      first ??= reader.clock
      if (isAfterGap) required = reader.clock
      isAfterGap = false
      end = reader.clock + reader.length
      this.#note(reader)
    }
    if (this.#keyWrites.hasRepeat()) throw malformed('key written twice as if new', this.#cursor.position)
    if (first !== undefined) this.structs.set(client, { client, first, required, end })
  }

  #note(reader: StructReader): void {
    const { client, clock } = reader
    if (reader.originClient !== ABSENT && reader.originClient !== client) {
      this.references.add(clock, reader.originClient, reader.originClock)
    }
    if (reader.rightOriginClient !== ABSENT && reader.rightOriginClient !== client) {
      this.references.add(clock, reader.rightOriginClient, reader.rightOriginClock)
    }
    if (reader.parentClient !== ABSENT && reader.parentClient !== client) {
      this.references.add(clock, reader.parentClient, reader.parentClock)
    }
    if (reader.rootStart !== ABSENT) this.roots.add(reader.rootStart)
    if (reader.content === Content.type) this.hasTypes = true
    if (reader.keyStart !== ABSENT) this.#keyWrites.add(reader.keyStart, reader.keyEnd)
  }
}

function checkNesting(update: Uint8Array, limits: UpdateLimits): Nesting {
  const nesting = nestingOf(update, limits)
  if (nesting.levels > limits.maxTypeDepth) throw tooLarge('nesting of shared types')
  return nesting
}

/** What is deleted must be there as well. */
function addMissingDeletes(
  missing: Map<number, number>,
  deletes: ReadonlyMap<number, number>,
  structs: ReadonlyMap<number, ClientStructs>,
): Map<number, number> {
  for (const [client, end] of deletes) {
    const present = Math.max(missing.get(client) ?? 0, structs.get(client)?.end ?? 0)
    if (end > present) missing.set(client, end)
  }
  return missing
}
