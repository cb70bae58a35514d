/**
 * What a room needs from the world. The room never sees a socket, a disk or a clock of its own;
 * the rim implements these and `app.ts` plugs them in.
 */
import type { Doc } from 'yjs'
import type { CloseReason } from '../protocol/close-reason.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { ClientMessage, Dialect, SaveStatus } from '../protocol/message.ts'
import type { DocumentId, Lineage } from '../protocol/names.ts'
import type { Outbound } from '../protocol/outbound.ts'

/** Position of a record in a document's log, from 1, without holes; assigned by the room. */
export type Seq = number
/** Rises with every owner of a document; here, with every process that opens the store. */
export type Token = number

/**
 * `created` is always record 1 and holds the lineage (ASCII). `update` holds a Yjs update (V1).
 * The kept kinds hold what is to be remembered beside the content; of each only the newest
 * one counts: what the document's binding wants remembered, and who owns which client id.
 */
export type RecordKind = 'created' | 'update' | KeptKind

export type KeptKind = 'binding' | 'owners'

export type LogRecord = {
  readonly seq: Seq
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly kind: RecordKind
  /** Principal ids, comma-separated when a batch had several authors; `server` for our own edits. */
  readonly author: string
  readonly bytes: Uint8Array
}

export type AppendItem = LogRecord & { readonly document: DocumentId; readonly token: Token }

export type AppendResult = { readonly document: DocumentId; readonly result: 'durable' | 'stale' }

export type StoredDocument = {
  readonly lineage: Lineage
  /** Sequence number that the snapshot covers; 0 without one. */
  readonly snapshotSeq: Seq
  /** A Yjs update (V1) holding everything up to `snapshotSeq`. */
  readonly snapshot: Uint8Array | undefined
  /** The `update` records after the snapshot, in order. */
  readonly tail: readonly LogRecord[]
  /** The newest `binding` record's bytes, wherever it lies. */
  readonly binding: Uint8Array | undefined
  /** The newest `owners` record's bytes; absent in histories from before there were any. */
  readonly owners?: Uint8Array | undefined
  /** Sequence number of the last record of any kind. */
  readonly head: Seq
}

/**
 * Durable storage of document histories. One contract suite proves every implementation.
 *
 * `stale` is a value: the token or sequence number is no longer right and nothing was written.
 * An exception means the outcome is unknown: reopen and compare heads before acknowledging.
 * Nothing may be assumed about the order between documents.
 */
export interface DocumentStore {
  /** The token that this owner's records must carry. */
  readonly token: Token
  /** Many documents in one durable step; all items of one document become durable together. */
  append(items: readonly AppendItem[]): Promise<readonly AppendResult[]>
  /** Undefined when the document has no history. Throws on damage: never an empty document instead. */
  load(document: DocumentId): Promise<StoredDocument | undefined>
  readAfter(document: DocumentId, seq: Seq, limit: number): Promise<readonly LogRecord[]>
  /** Replaces everything up to `upTo` by one snapshot, atomically; the covered log goes later. */
  compact(document: DocumentId, token: Token, upTo: Seq, snapshot: Uint8Array): Promise<'done' | 'stale'>
  close(): Promise<void>
}

/** A room's outbound view of one connection. Sending never throws and never waits. */
export interface Peer {
  /**
   * Messages go out in the order of the calls. One slice is written at once, or as soon as what came
   * before it was; several are paced: other peers get their turn between two of them.
   */
  send(message: Outbound): void
  close(reason: CloseReason, text?: string): void
  /** Reads nothing more, apart from what has arrived already, until `resume`. */
  pause(): void
  resume(): void
  /** Bytes accepted by `send` that the socket has not taken yet. */
  readonly bufferedBytes: number
  readonly isOpen: boolean
}

/** A change made by the server itself, run inside one Yjs transaction with a server origin. */
export type ServerEdit = {
  /** Names the reason in logs and in the log record's author, e.g. `import`, `merge`, `saved`. */
  readonly origin: string
  readonly change: (doc: Doc) => void
  /** Evaluated after `change`; its bytes become a `binding` record of the same durable batch. */
  readonly binding?: (() => Uint8Array) | undefined
}

/** What a binding may do with its room. */
export interface BoundRoom {
  readonly document: DocumentId
  readonly lineage: Lineage
  /** The live document. Read only: changes go through `edit`. */
  readonly doc: Doc
  /** The newest `binding` record's bytes. */
  readonly storedBinding: Uint8Array | undefined
  /** True when the history was empty at load: the binding's `open` must fill it. */
  readonly isNew: boolean
  /** Resolves when the edit is durable (and has been sent to everyone). */
  edit(edit: ServerEdit): Promise<void>
  /** Last sequence number known to be durable. */
  readonly durableSeq: Seq
  /** Awareness states of everyone present, parsed. */
  awarenessStates(): readonly Readonly<Record<string, unknown>>[]
  /** Sends one RAW message to everyone in the room (Jupyter dialect). */
  notify(json: string): void
}

/**
 * Ties a room to something outside, e.g. a Jupyter file. One instance per open room, made by a
 * `BindingFactory` while the room loads.
 */
export interface DocumentBinding {
  /**
   * Called once while the room loads, before anyone is served. Imports or merges through
   * `room.edit`. Throws `SyncError` when the room must not open.
   */
  open(): Promise<void>
  /** Called after each durable batch that changed the document by someone else than this binding. */
  changed(): void
  /** True while the outside does not have what the document has; such a room is not unloaded. */
  readonly hasUnsavedChanges: boolean
  /** Manual save; always answers. */
  save(): Promise<SaveStatus>
  /** Saves what is unsaved (within the caller's deadline) and lets go of timers. */
  close(): Promise<void>
}

export type BindingFactory = (room: BoundRoom) => DocumentBinding

/** Names a room and says how to open it. Opening the same document twice gives the same room. */
export type RoomSpec = {
  readonly document: DocumentId
  readonly dialect: Dialect
  /** `transient` rooms keep nothing on disk, e.g. JupyterLab's global awareness. */
  readonly persistence: 'durable' | 'transient'
  readonly binding?: BindingFactory | undefined
}

/** The part of the registry that Jupyter's endpoints need. */
export interface RoomOpener {
  /** Loads the room unless it is open; concurrent calls share one load. Throws `SyncError`. */
  open(spec: RoomSpec): Promise<{ readonly lineage: Lineage }>
}

/** Told what happens, so that nothing in the core has to know about metrics. Must not throw. */
export interface RoomObserver {
  committed(batch: {
    readonly rooms: number
    readonly records: number
    readonly bytes: number
    readonly ms: number
  }): void
  received(kind: ClientMessage['kind'], bytes: number): void
  /**
   * One update was shown. `ms`: from the first edit of its batch being decoded to its frames being
   * handed to the sockets; `fanOutMs`: the handing alone.
   */
  broadcast(batch: {
    readonly recipients: number
    readonly bytes: number
    readonly ms: number
    readonly fanOutMs: number
  }): void
  rejected(code: ErrorCode): void
  joined(ms: number): void
  left(): void
  loaded(ms: number): void
  /** An edit was decoded, authorized and validated in this time. Told of a sample of the edits only. */
  inspected(ms: number): void
  /** One room's batch: from its first edit being received to being taken, and its transaction. */
  applied(batch: { readonly waitMs: number; readonly ms: number }): void
  /** A step 1 was answered, with everything or with what the client was missing. */
  answered(answer: { readonly kind: AnswerKind; readonly bytes: number; readonly ms: number }): void
  /** A peer takes its bytes too slowly: from now on it is sent nothing … */
  lagStarted(): void
  /** … until this became of it. */
  lagEnded(outcome: LagOutcome, ms: number): void
  /** An edit came before what it builds on, or does so still: it waits, or there was no room for it. */
  parked(outcome: ParkOutcome): void
  /** Awareness states that a client said. */
  presenceReceived(states: number): void
  /** Awareness states handed to sockets: one state to three peers is three. */
  presenceSent(states: number, bytes: number): void
  compacted(snapshot: { readonly bytes: number; readonly ms: number }): void
  /** A room that could have stayed was unloaded. */
  evicted(reason: EvictionReason): void
  /** A snapshot would have said something else than the live document; the log was kept. */
  auditFailed(): void
}

export type AnswerKind = 'whole' | 'difference'
export type LagOutcome = 'caught_up' | 'too_slow' | 'left'
export type ParkOutcome = 'kept' | 'dropped'
/** Why an empty room had to go early: too many rooms, too much memory, or too many of one person. */
export type EvictionReason = 'rooms' | 'memory' | 'person'
