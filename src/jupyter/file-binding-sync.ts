/**
 * One step between a document and its file: look, save, or start. Each compares before it writes,
 * leaves both sides untouched when it cannot finish, and may be repeated. The caller lets one step
 * run at a time. Rules: SPEC.md beside this file.
 */
import type { Clock } from '../room/clock.ts'
import type { FileFacts } from './contents-answer.ts'
import {
  type ContentsPort,
  type DiskVersion,
  keepBeside,
  looksTorn,
  readDisk,
  writeDisk,
} from './file-binding-disk.ts'
import type { BoundDocument } from './file-binding-document.ts'
import type { FileEvent } from './file-binding-event.ts'
import type { FilePolicy } from './file-binding-policy.ts'
import { type Stamp, isSameStamp, packContent } from './file-binding-record.ts'
import { type DiskTrouble, importError, troubleOf, writeTroubleOf } from './file-binding-trouble.ts'
import type { Content, DocumentModel } from './models/document-model.ts'
import { pause } from './save-deadline.ts'

export type FileSyncOptions = {
  readonly document: BoundDocument
  readonly model: DocumentModel<Content>
  readonly contents: ContentsPort
  readonly clock: Clock
  readonly policy: FilePolicy
  readonly onEvent: (event: FileEvent) => void
}

/** `agreed`: the document has all that the file has. `saved`: and the file what the document had. */
export type SyncResult = 'agreed' | 'saved' | DiskTrouble

/** Somebody else who writes at every turn is left alone for a while. */
const MAX_ROUNDS = 3

export class FileSync {
  readonly #options: FileSyncOptions
  readonly #document: BoundDocument
  /** A version of the file that is not believed yet, and since when it was seen. */
  #doubted: { readonly stamp: Stamp; readonly since: number } | undefined
  /** A version that cannot be parsed; not read again until it changes. */
  #unreadable: Stamp | undefined
  /** A version that the next save may write over: what is left of an own write that failed. */
  #ownWreck: Stamp | undefined
  /** The content of the last write that did not succeed. */
  #attempted: { readonly content: Content } | undefined
  #isWritable = true
  #writing: Promise<unknown> | undefined
  #lastWriteAt: number | undefined

  constructor(options: FileSyncOptions) {
    this.#options = options
    this.#document = options.document
  }

  /** As of the last look. */
  get isWritable(): boolean {
    return this.#isWritable
  }

  /** The write that is under way, its record in the history included; never rejects. */
  get writing(): Promise<unknown> | undefined {
    return this.#writing
  }

  /** On the clock's monotonic scale. */
  get lastWriteAt(): number | undefined {
    return this.#lastWriteAt
  }

  /** A new history: the file becomes the document. Throws `SyncError` when it cannot be had. */
  async import(): Promise<void> {
    const answer = await readDisk(this.#options, this.#document.path)
    if (answer.kind !== 'ok') throw importError(answer)
    this.#isWritable = answer.disk.facts.isWritable
    await this.#document.import(answer.disk)
    this.#tell('imported')
  }

  /** An existing history: the document stays, and what changed in the file comes on top. */
  async resume(): Promise<SyncResult> {
    let result = await this.look()
    for (let round = 0; round < MAX_ROUNDS && result === 'unsettled'; round += 1) {
      await pause(this.#options.clock, this.#options.policy.credibleMs)
      result = await this.look()
    }
    // Whoever holds edits that are in no file must be able to get at them.
    if (result === 'missing' && !this.#document.hasMoved) throw importError({ kind: 'missing' })
    await this.#document.refreshState()
    return result
  }

  /** Compares, and brings into the document what changed in the file. Never writes the file. */
  async look(): Promise<SyncResult> {
    const answer = await this.#options.contents.stat(this.#document.path)
    if (answer.kind !== 'ok') return troubleOf(answer)
    return await this.#compare(answer.facts)
  }

  /**
   * Brings the document into the file. `mayCreate`: the caller knows that the file is missing and
   * wants it back.
   */
  async save({ mayCreate }: { readonly mayCreate: boolean }): Promise<SyncResult> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const answer = await this.#options.contents.stat(this.#document.path)
      if (answer.kind === 'missing' && mayCreate) return await this.#write({ isMissing: true })
      if (answer.kind !== 'ok') return troubleOf(answer)
      // A merge takes time in which the file may change again: only a fresh look allows to write.
      const isKnown = this.#isKnown(answer.facts)
      const compared = await this.#compare(answer.facts)
      if (compared !== 'agreed') return compared
      if (isKnown) return await this.#write({ isMissing: false })
    }
    return 'unsettled'
  }

  /** True while the file may not have what the document has. */
  get isBehind(): boolean {
    return this.#document.hasMoved || this.#ownWreck !== undefined
  }

  /** Without a word to Jupyter: true when the document says what the file said last. */
  async settleUnchanged(): Promise<boolean> {
    if (this.#ownWreck !== undefined) return false
    const reading = this.#document.read()
    if (!this.#document.equalsBase(reading)) return false
    await this.#document.settle(reading.version)
    return true
  }

  #isKnown(facts: FileFacts): boolean {
    if (this.#ownWreck !== undefined && isSameStamp(this.#ownWreck, facts)) return true
    return isSameStamp(this.#document.base, facts)
  }

  async #compare(facts: FileFacts): Promise<SyncResult> {
    this.#isWritable = facts.isWritable
    if (!this.#isKnown(facts)) return await this.#take(facts)
    this.#doubted = undefined
    if (this.#ownWreck === undefined && this.#document.base.hash === undefined && facts.hash !== undefined)
      await this.#document.restamp(facts)
    return 'agreed'
  }

  /** The file is another one than the document knows. */
  async #take(facts: FileFacts): Promise<SyncResult> {
    if (this.#unreadable !== undefined && isSameStamp(this.#unreadable, facts)) return 'unreadable'
    const answer = await readDisk(this.#options, this.#document.path)
    if (answer.kind === 'bad') return this.#takeUnreadable(facts)
    if (answer.kind !== 'ok') return troubleOf(answer)
    const { disk } = answer
    this.#isWritable = disk.facts.isWritable
    const isOwnWrite = this.#document.isOwnWrite(disk)
    if (!isOwnWrite && this.#isOwnWreck(disk.content)) {
      this.#ownWreck = disk.facts
      return 'agreed'
    }
    if (!isOwnWrite && this.#isDoubtful(disk)) return 'unsettled'
    this.#doubted = undefined
    this.#unreadable = undefined
    this.#ownWreck = undefined
    if (!isOwnWrite && !this.#document.equalsBase(disk)) return await this.#merge(disk)
    await this.#document.adopt(disk)
    return 'agreed'
  }

  async #merge(disk: DiskVersion): Promise<SyncResult> {
    const isText = this.#options.model.contentsType === 'file'
    const isKept = isText && this.#document.conflictsWith(disk).length > 0
    // First, so that a crash in between finds the file as it was and does all of this again.
    if (isKept) {
      const trouble = await this.#keepBeside(disk)
      if (trouble !== undefined) return trouble
    }
    const conflicts = await this.#document.merge(disk)
    this.#tell('merged', conflicts.length === 0 ? undefined : `${conflicts.length} conflicts`)
    // Somebody typed into a changed line in the last milliseconds: nothing is lost yet.
    if (isText && conflicts.length > 0 && !isKept) return (await this.#keepBeside(disk)) ?? 'agreed'
    return 'agreed'
  }

  async #keepBeside(disk: DiskVersion): Promise<DiskTrouble | undefined> {
    const { path, answer } = await keepBeside(this.#options.contents, this.#document.path, disk)
    if (answer.kind !== 'ok') return writeTroubleOf(answer)
    this.#tell('kept-beside', path)
    return undefined
  }

  /** Broken by somebody else: left alone. Broken by a write of ours that failed: written again. */
  #takeUnreadable(facts: FileFacts): SyncResult {
    if (!this.#isSettled(facts)) return 'unsettled'
    if (this.#document.hasIntent) {
      this.#ownWreck = facts
      return 'agreed'
    }
    this.#unreadable = facts
    return 'unreadable'
  }

  #isOwnWreck(content: Content): boolean {
    if (!this.#document.hasIntent) return false
    return looksTorn(
      content,
      this.#attempted === undefined ? this.#document.read().content : this.#attempted.content,
    )
  }

  #isDoubtful(disk: DiskVersion): boolean {
    return looksTorn(disk.content, this.#document.base.content) && !this.#isSettled(disk.facts)
  }

  /** Whether the file was seen like that before, some time ago. */
  #isSettled(facts: FileFacts): boolean {
    const now = this.#options.clock.elapsed()
    if (this.#doubted === undefined || !isSameStamp(this.#doubted.stamp, facts)) {
      this.#doubted = { stamp: facts, since: now }
      return false
    }
    return now - this.#doubted.since >= this.#options.policy.credibleMs
  }

  async #write({ isMissing }: { readonly isMissing: boolean }): Promise<SyncResult> {
    const writing = this.#writeNow(isMissing)
    this.#writing = writing.catch(() => {})
    try {
      return await writing
    } finally {
      this.#writing = undefined
    }
  }

  async #writeNow(isMissing: boolean): Promise<SyncResult> {
    if (!isMissing && (await this.settleUnchanged())) return 'agreed'
    if (!this.#isWritable && !isMissing) return 'read-only'
    const startedAt = this.#options.clock.elapsed()
    const { base, path } = this.#document
    const reading = this.#document.read()
    const { content } = reading
    await this.#document.intend(reading)
    this.#attempted = { content }
    const [{ answer, eol }, packed] = await Promise.all([
      writeDisk(this.#options, path, { content, base }),
      packContent(content),
    ])
    if (answer.kind !== 'ok') return writeTroubleOf(answer)
    // The answer to a write has no hash. When somebody wrote since, our version has none.
    const { lastModified } = answer.facts
    const after = await this.#options.contents.stat(path)
    const isOurs = after.kind === 'ok' && after.facts.lastModified === lastModified
    const hash = isOurs ? after.facts.hash : undefined
    await this.#document.saved({ ...reading, lastModified, hash, eol, packed })
    this.#attempted = undefined
    this.#ownWreck = undefined
    this.#lastWriteAt = this.#options.clock.elapsed()
    this.#options.onEvent({ kind: 'saved', path, ms: this.#lastWriteAt - startedAt })
    if (after.kind === 'ok' && !isOurs) await this.#compare(after.facts)
    return 'saved'
  }

  #tell(kind: FileEvent['kind'], detail?: string): void {
    this.#options.onEvent({ kind, path: this.#document.path, detail })
  }
}
