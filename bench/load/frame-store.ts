/**
 * Every different payload a room's clients have received, kept once: a frame that goes to 200 clients
 * is walked once and stored once, and after the run each client's content can be rebuilt from its list.
 */

export type StoredFrame = {
  readonly id: number
  readonly update: Uint8Array
  /** Numbers of the edits it holds. */
  readonly edits: readonly number[]
  /** Identifiers of the room's initial document in it. */
  readonly baseLength: number
}

/** What a worker may keep of all its rooms; beyond, contents cannot be compared. */
export type KeepBudget = { leftBytes: number }

/** The id of a frame that there was no room for. */
export const NOT_KEPT = -1

type Resolved = { readonly edits: readonly number[]; readonly baseLength: number }

/** Bytes at either end of a payload that are hashed; the rest is only compared. */
const HASHED_BYTES = 48

export class FrameStore {
  readonly #frames: StoredFrame[] = []
  readonly #byHash = new Map<number, StoredFrame[]>()
  readonly #resolve: (update: Uint8Array) => Resolved
  readonly #budget: KeepBudget
  /** False once a frame could not be kept. */
  isWhole = true

  constructor(resolve: (update: Uint8Array) => Resolved, budget: KeepBudget) {
    this.#resolve = resolve
    this.#budget = budget
  }

  /** Copies the payload when it is new. */
  intern(update: Uint8Array): StoredFrame {
    const hash = hashOf(update)
    const known = this.#byHash.get(hash)
    if (known !== undefined) for (const frame of known) if (isEqual(frame.update, update)) return frame
    if (update.length > this.#budget.leftBytes) {
      this.isWhole = false
      return { id: NOT_KEPT, update, ...this.#resolve(update) }
    }
    const kept = update.slice()
    this.#budget.leftBytes -= kept.length
    const frame: StoredFrame = { id: this.#frames.length, update: kept, ...this.#resolve(kept) }
    this.#frames.push(frame)
    if (known === undefined) this.#byHash.set(hash, [frame])
    else known.push(frame)
    return frame
  }

  get(id: number): StoredFrame {
    const frame = this.#frames[id]
    if (frame === undefined) throw new Error(`no frame ${id}`)
    return frame
  }
}

/** FNV-1a over both ends and the length. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length
  const head = Math.min(bytes.length, HASHED_BYTES)
  for (let i = 0; i < head; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  for (let i = Math.max(head, bytes.length - HASHED_BYTES); i < bytes.length; i += 1)
    hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  return hash >>> 0
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  // A native comparison costs a call; for a keystroke the loop is cheaper.
  if (a.length > 128) return Buffer.compare(a, b) === 0
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false
  return true
}
