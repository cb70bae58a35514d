/**
 * How far one document may grow, and which edits of a client go beyond it.
 *
 * A full document stays readable and shrinkable: what only deletes, and what takes away at least as
 * much as it adds, is always let through. The server's own edits are not asked: a file that was
 * changed on disk is shown, however large.
 */
import { type Doc, getState } from 'yjs'
import type { UpdateFacts } from '../document/update-inspect.ts'
import { removedBytes } from '../document/update-removes.ts'
import { ByteCursor } from '../protocol/byte-cursor.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { Clock } from './clock.ts'
import type { DocumentSize } from './document-size.ts'
import type { Change } from './edit-queue.ts'
import type { RoomPolicy } from './policy.ts'

export type GrowthRefusal = Extract<ErrorCode, 'document_full' | 'update_too_large' | 'too_many_client_ids'>

export type GrowthOptions = {
  readonly doc: Doc
  readonly size: DocumentSize
  readonly clock: Pick<Clock, 'elapsed'>
  readonly policy: Pick<RoomPolicy, 'maxDocumentBytes' | 'maxUpdateBytes' | 'maxClientIds' | 'alarmClientIds'>
  /** Told of each kind of trouble once. */
  readonly onWarning: (warning: string) => void
}

/** Whoever was told less than this ago is not told again. */
const REMEMBER_MS = 60_000
const MAX_REMEMBERED = 1000
/** Share of the limit from which on it matters what an edit takes away before it is applied. */
const NEARLY_FULL = 0.9

export class GrowthLimits {
  readonly #options: GrowthOptions
  /** Client ids of edits that were let through and are not in the document yet. */
  readonly #expected = new Set<number>()
  /** What those edits will take away; looked at only where the limit is near. */
  #expectedRemovedBytes = 0
  /** Client id -> when its edit was refused. */
  readonly #refused = new Map<number, number>()
  readonly #warnedOf = new Set<GrowthRefusal | 'many_client_ids'>()

  constructor(options: GrowthOptions) {
    this.#options = options
    this.#alarmIfMany()
  }

  isTooLarge(update: Uint8Array): boolean {
    return update.length > this.#options.policy.maxUpdateBytes
  }

  /** Client ids that nobody has used in this document. */
  newClientIds({ structs }: UpdateFacts): number[] {
    const { clients } = this.#options.doc.store
    return [...structs.keys()].filter((client) => !clients.has(client))
  }

  /**
   * Why the edit may not come in; undefined when it may. `queuedBytes`: edits that were let through
   * and are not applied yet.
   */
  refusalOf(
    update: Uint8Array,
    facts: UpdateFacts,
    { newClientIds, queuedBytes }: { readonly newClientIds: readonly number[]; readonly queuedBytes: number },
  ): GrowthRefusal | undefined {
    const { doc, size, policy } = this.#options
    if (!addsContent(facts, doc)) return undefined
    if (newClientIds.length > 0 && this.#clientIdsWith(newClientIds) > policy.maxClientIds)
      return this.#refuse('too_many_client_ids')
    const extraBytes = update.length + queuedBytes - this.#expectedRemovedBytes
    if (size.hasSpaceFor(extraBytes, policy.maxDocumentBytes)) return undefined
    if (removedBytes(update, facts, doc) >= update.length) return undefined
    return this.#refuse('document_full')
  }

  /** Whether an edit of so many bytes, refused before, would fit now. */
  hasSpaceFor(bytes: number): boolean {
    return this.#options.size.hasSpaceFor(bytes, this.#options.policy.maxDocumentBytes)
  }

  letThrough(update: Uint8Array, facts: UpdateFacts, newClientIds: readonly number[]): void {
    for (const client of newClientIds) this.#expected.add(client)
    if (newClientIds.length > 0) this.#alarmIfMany()
    const { doc, size, policy } = this.#options
    if (facts.deleteRanges > 0 && size.encodedBytes > policy.maxDocumentBytes * NEARLY_FULL)
      this.#expectedRemovedBytes += removedBytes(update, facts, doc)
  }

  /** All that was let through is in the document, or was thrown away. */
  applied(changes: readonly Change[]): void {
    this.#expected.clear()
    this.#expectedRemovedBytes = 0
    for (const { update } of changes) if (update !== undefined) this.#options.size.grew(update.length)
  }

  /**
   * Notes a refusal; false when its author was told within the last minute. A client that is closed
   * for an edit comes back with it, some of them at once and for ever: by the client id in the edit it
   * is known again, whoever it says it is, and may stay without the edit.
   */
  isNews(update: Uint8Array): boolean {
    const client = firstClientOf(update)
    const now = this.#options.clock.elapsed()
    const toldAt = this.#refused.get(client)
    if (toldAt !== undefined && now - toldAt < REMEMBER_MS) return false
    this.#refused.delete(client)
    this.#refused.set(client, now)
    // Insertion order is age: the oldest goes first.
    const oldest = this.#refused.keys().next()
    if (this.#refused.size > MAX_REMEMBERED && oldest.done !== true) this.#refused.delete(oldest.value)
    return true
  }

  #clientIdsWith(newClientIds: readonly number[]): number {
    const added = newClientIds.filter((client) => !this.#expected.has(client)).length
    return this.#options.doc.store.clients.size + this.#expected.size + added
  }

  #alarmIfMany(): void {
    const { doc, policy } = this.#options
    const clientIds = doc.store.clients.size + this.#expected.size
    if (clientIds < policy.alarmClientIds) return
    this.#warnOnce(
      'many_client_ids',
      `${clientIds} client ids have written here; each makes every edit slower`,
    )
  }

  #refuse(code: GrowthRefusal): GrowthRefusal {
    this.#warnOnce(code, `edits are refused here: ${code}`)
    return code
  }

  #warnOnce(kind: GrowthRefusal | 'many_client_ids', warning: string): void {
    if (this.#warnedOf.has(kind)) return
    this.#warnedOf.add(kind)
    this.#options.onWarning(warning)
  }
}

function addsContent(facts: UpdateFacts, doc: Doc): boolean {
  for (const { client, end } of facts.structs.values()) if (end > getState(doc.store, client)) return true
  return false
}

/** Yjs writes the largest client id first, so the same edits begin with the same one. 0 without structs. */
function firstClientOf(update: Uint8Array): number {
  const cursor = new ByteCursor(update)
  if (cursor.varUint() === 0) return 0
  cursor.varUint()
  return cursor.varUint()
}
