/**
 * Makes snapshots in a thread of its own, one after the other. The thread starts when it is first
 * needed and ends when it had nothing to do for a while: the memory of a large document goes with it.
 */
import { Worker } from 'node:worker_threads'
import type { BuiltSnapshot } from '../document/build-snapshot.ts'
import type { Clock } from './clock.ts'
import { packUpdates } from './snapshot-message.ts'

export type SnapshotThreadOptions = {
  readonly clock: Clock
  /** The thread could not start, died or was stopped; it is not tried again for a while. */
  readonly onFailure: (error: Error) => void
  readonly entry?: URL | undefined
  readonly timeoutMs?: number | undefined
}

export type ThreadSnapshot =
  | BuiltSnapshot
  /** Too many are waiting: ask again later. */
  | { readonly kind: 'busy' }
  /** There is no thread: make it yourself. */
  | { readonly kind: 'unavailable' }

type Job = { readonly settle: (outcome: ThreadSnapshot) => void; readonly cancelTimeout: () => void }

/** The bytes of those that wait are not read yet. */
const MAX_WAITING = 64
/** Two documents of 10 MB of dense text take a tenth of this. */
const LIMITS = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 64 }
const TIMEOUT_MS = 60_000
const IDLE_MS = 60_000
/** From a failure to the next try. */
const PAUSE_MS = 60_000
const UNAVAILABLE = { kind: 'unavailable' } as const

export class SnapshotThread {
  readonly #options: SnapshotThreadOptions
  #worker: Worker | undefined
  #job: Job | undefined
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()
  #pausedUntil = Number.NEGATIVE_INFINITY
  #cancelIdle: (() => void) | undefined
  #isClosed = false

  constructor(options: SnapshotThreadOptions) {
    this.#options = options
  }

  /** `read` gets the updates, oldest first, once it is their turn; what it throws is thrown. */
  async build(read: () => Promise<readonly Uint8Array[]>): Promise<ThreadSnapshot> {
    if (this.#waiting >= MAX_WAITING) return { kind: 'busy' }
    this.#waiting += 1
    const turn = this.#last.then(async () => (this.#isUsable ? this.#run(await read()) : UNAVAILABLE))
    this.#last = turn.catch(() => {})
    try {
      return await turn
    } finally {
      this.#waiting -= 1
    }
  }

  /** What waits or is being made becomes `unavailable`. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    const worker = this.#worker
    this.#end()
    await worker?.terminate()
    await this.#last
  }

  get #isUsable(): boolean {
    return !this.#isClosed && this.#options.clock.elapsed() >= this.#pausedUntil
  }

  async #run(updates: readonly Uint8Array[]): Promise<ThreadSnapshot> {
    // It may have been closed while the updates were read.
    if (this.#isClosed) return UNAVAILABLE
    const { bytes, lengths } = packUpdates(updates)
    return await new Promise<ThreadSnapshot>((settle) => {
      const timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS
      const onTimeout = (): void => this.#fail(new Error(`no snapshot within ${timeoutMs} ms`))
      this.#job = { settle, cancelTimeout: this.#options.clock.after(timeoutMs, onTimeout) }
      try {
        const worker = (this.#worker ??= this.#start())
        // A process that ends in good order waits for what is being made, and for nothing else here.
        worker.ref()
        worker.postMessage({ bytes, lengths }, [bytes.buffer, lengths.buffer])
      } catch (error) {
        this.#fail(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }

  #start(): Worker {
    this.#cancelIdle?.()
    const worker = new Worker(this.#options.entry ?? workerEntry(), {
      name: 'outrigger-snapshot',
      resourceLimits: LIMITS,
    })
    const fail = (error: Error): void => {
      if (this.#worker === worker) this.#fail(error)
    }
    worker.on('message', (snapshot: BuiltSnapshot) => {
      if (this.#worker === worker) this.#done(snapshot)
    })
    worker.on('error', fail)
    worker.on('messageerror', fail)
    worker.on('exit', (code) => fail(new Error(`the thread ended (${code})`)))
    return worker
  }

  #done(snapshot: BuiltSnapshot): void {
    this.#worker?.unref()
    this.#settle(snapshot)
    this.#cancelIdle?.()
    this.#cancelIdle = this.#options.clock.after(IDLE_MS, () => {
      if (this.#job === undefined) this.#end()
    })
  }

  #fail(error: Error): void {
    this.#pausedUntil = this.#options.clock.elapsed() + PAUSE_MS
    this.#end()
    this.#options.onFailure(error)
  }

  #settle(outcome: ThreadSnapshot): void {
    const job = this.#job
    this.#job = undefined
    job?.cancelTimeout()
    job?.settle(outcome)
  }

  #end(): void {
    const worker = this.#worker
    this.#worker = undefined
    this.#cancelIdle?.()
    this.#cancelIdle = undefined
    this.#settle(UNAVAILABLE)
    if (worker === undefined) return
    worker.unref()
    // Its end is all that matters; what it still says is not listened to.
    worker.terminate().catch(() => {})
  }
}

/** From source, or beside this file in a build. */
function workerEntry(): URL {
  const name = import.meta.url.endsWith('.ts') ? './snapshot-worker-from-source.mjs' : './snapshot-worker.js'
  return new URL(name, import.meta.url)
}
