/**
 * Answers to step 1, as bytes that were framed once.
 *
 * Whoever comes with the same state vector is sent the same bytes: one encoding, and after it the
 * updates that the room showed since. Encoding anew for each joiner is what makes a join storm slow,
 * and encoding anew after each key is what makes joining a busy large room slow. Only when the
 * updates outgrow their share of the encoding is it made again.
 */
import { type Doc, encodeStateAsUpdate } from 'yjs'
import { type Outbound, asUpdate, joined, outboundStep2, outboundUpdates } from '../protocol/outbound.ts'
import type { StoredDocument } from './ports.ts'
import { type TailMark, UpdateTail } from './update-tail.ts'

/** A whole document that is known as bytes already: a stored snapshot and the updates after it. */
export type KnownState = { readonly state: Uint8Array; readonly updates: readonly Uint8Array[] }

/** Below this, and below a quarter of what it follows, a tail is not worth an encoding. */
const MIN_TAIL_BYTES = 64 * 1024
const TAIL_SHARE = 4
/** A client applies each in a transaction of its own: while it joins … */
const MAX_TAIL_MESSAGES = 500
/** … and when it has been there for long, with an editor that shows each. */
const MAX_REPLAYED_MESSAGES = 50
/** Diffs for returning clients: after a restart everybody asks the same. The newest is always kept. */
const MAX_DIFFS = 16
const MAX_DIFF_BYTES = 1024 * 1024
/** Joins come in bursts; afterwards the memory is worth more than the encoding. */
const RELEASE_AFTER_MS = 30_000

/** An update of no structs and no deletions: says that what came before it was everything. */
const NOTHING_MORE = outboundStep2(new Uint8Array(2))

/** One encoding of the document, or of what somebody misses of it, and when it was made. */
class Encoding {
  readonly madeAt: TailMark
  readonly bytes: number
  /** Framed when it is first asked for: many rooms are loaded and joined by nobody. */
  #update: Uint8Array | undefined
  #step2: Outbound | undefined
  #asUpdate: Outbound | undefined

  constructor(update: Uint8Array, madeAt: TailMark) {
    this.madeAt = madeAt
    this.bytes = update.length
    this.#update = update
  }

  get step2(): Outbound {
    this.#step2 ??= outboundStep2(this.#update ?? new Uint8Array(2))
    this.#update = undefined
    return this.#step2
  }

  /** With what was shown since. The step 2 comes last: at that moment a client takes itself for synced. */
  answer(tail: Outbound): Outbound {
    if (tail.length === 0) return this.step2
    this.#asUpdate ??= asUpdate(this.step2)
    return joined([this.#asUpdate, joined([tail, NOTHING_MORE])])
  }
}

export class StateAnswers {
  readonly #doc: Doc
  readonly #tail = new UpdateTail()
  #state: Encoding | undefined
  /** By state vector, as a latin1 string; oldest first. */
  #diffs: Map<string, Encoding> | undefined
  #lastUsedAt = 0

  /** `known`: what the document was made of, where that is known. */
  constructor(doc: Doc, known: KnownState | undefined, now: number) {
    this.#doc = doc
    this.#lastUsedAt = now
    if (known === undefined) return
    const { state, updates } = known
    const tailBytes = updates.reduce((sum, update) => sum + update.length, 0)
    if (updates.length > MAX_TAIL_MESSAGES || tailBytes > maxTailBytes(state.length)) return
    this.shownFirst(state, now)
    if (updates.length > 0) this.shown(outboundUpdates(updates), updates.length)
  }

  get mark(): TailMark {
    return this.#tail.mark
  }

  /** Memory that can be had back by `release`. */
  get cachedBytes(): number {
    return this.#tail.retainedBytes + (this.#state?.bytes ?? 0) + this.#diffBytes
  }

  /** The room showed this. */
  shown(updates: Outbound, messages: number): void {
    this.#tail.append(updates, messages)
    // Without all that came after it, an encoding is worth nothing.
    if (this.#state !== undefined && !this.#isFresh(this.#state)) this.#state = undefined
  }

  /** The document held nothing before it was shown this. */
  shownFirst(update: Uint8Array, now: number): void {
    this.#lastUsedAt = now
    this.#state = new Encoding(update, this.#tail.mark)
    this.#keepTail()
  }

  /** The document must hold exactly what was shown. */
  answer(stateVector: Uint8Array, now: number): Outbound {
    this.#lastUsedAt = now
    // An empty state vector is the single byte 0: no clients.
    const encoding = stateVector.length <= 1 ? this.#freshState() : this.#freshDiff(stateVector)
    return encoding.answer(this.#tail.since(encoding.madeAt) ?? [])
  }

  /** What was shown after the mark; undefined when a diff is the better way to say it. */
  since(mark: TailMark): Outbound | undefined {
    const messages = this.#tail.mark.messages - mark.messages
    return messages <= MAX_REPLAYED_MESSAGES ? this.#tail.since(mark) : undefined
  }

  /** Somebody will ask for what is shown from now on. */
  expect(now: number): void {
    this.#lastUsedAt = now
    this.#keepTail()
  }

  /** For the sweep: gives back what nobody asked for lately; returns when to come again. */
  releaseIfUnused(now: number): number {
    if (now - this.#lastUsedAt >= RELEASE_AFTER_MS) {
      this.release()
      return now + RELEASE_AFTER_MS
    }
    return this.#lastUsedAt + RELEASE_AFTER_MS
  }

  release(): void {
    this.#state = undefined
    this.#diffs = undefined
    this.#tail.release()
  }

  #freshState(): Encoding {
    if (this.#state === undefined || !this.#isFresh(this.#state))
      this.#state = new Encoding(encodeStateAsUpdate(this.#doc), this.#tail.mark)
    this.#keepTail()
    return this.#state
  }

  #freshDiff(stateVector: Uint8Array): Encoding {
    const key = Buffer.from(stateVector).toString('latin1')
    const found = this.#diffs?.get(key)
    if (found !== undefined && this.#isFresh(found)) return found
    const diff = new Encoding(encodeStateAsUpdate(this.#doc, stateVector), this.#tail.mark)
    this.#diffs ??= new Map()
    this.#diffs.delete(key)
    this.#diffs.set(key, diff)
    for (const oldest of this.#diffs.keys()) {
      if (this.#diffs.size === 1) break
      if (this.#diffs.size <= MAX_DIFFS && this.#diffBytes <= MAX_DIFF_BYTES) break
      this.#diffs.delete(oldest)
    }
    this.#keepTail()
    return diff
  }

  get #diffBytes(): number {
    let bytes = 0
    for (const diff of this.#diffs?.values() ?? []) bytes += diff.bytes
    return bytes
  }

  #isFresh(encoding: Encoding): boolean {
    const { madeAt, bytes } = encoding
    const { mark } = this.#tail
    return (
      this.#tail.has(madeAt) &&
      mark.messages - madeAt.messages <= MAX_TAIL_MESSAGES &&
      mark.bytes - madeAt.bytes <= maxTailBytes(bytes)
    )
  }

  #keepTail(): void {
    this.#tail.keep(maxTailBytes(this.#state?.bytes ?? 0))
  }
}

function maxTailBytes(encodedBytes: number): number {
  return Math.max(MIN_TAIL_BYTES, encodedBytes / TAIL_SHARE)
}

export function knownState(stored: StoredDocument | undefined): KnownState | undefined {
  if (stored?.snapshot === undefined) return undefined
  return { state: stored.snapshot, updates: stored.tail.map(({ bytes }) => bytes) }
}
