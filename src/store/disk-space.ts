/**
 * How much room the disk of the data folder has. LevelDB on a full disk stops writing altogether, and
 * people lose the moment; so somebody is warned while there is time, and new documents wait before
 * those that people are in have to.
 */
import { statfs } from 'node:fs/promises'
import { runInBackground } from '../lib/run-in-background.ts'
import type { StoreLog } from './store-log.ts'

export type DiskSpace = { readonly freeBytes: number; readonly totalBytes: number }

export type DiskSpaceOptions = {
  readonly directory: string
  /** Below it, `isFull`; 0 for never. */
  readonly minFreeBytes: number
  readonly log: StoreLog
  /** Another one only in tests. */
  readonly measure?: ((directory: string) => Promise<DiskSpace>) | undefined
  readonly everyMs?: number | undefined
}

const EVERY_MS = 5_000
const MIB = 1024 * 1024
/** Warned about below this share, which is a lot of a large disk and little of a small one. */
const LOW_SHARE = 0.1
const LOW_MIN_BYTES = 512 * MIB
const LOW_MAX_BYTES = 10 * 1024 * MIB
/** Space is back only when there is this much more of it, or the log would fill up, too. */
const BACK_FACTOR = 1.1

/** Whoever starts it closes it. */
export class DiskSpaceWatch {
  readonly #options: DiskSpaceOptions
  #space: DiskSpace | undefined
  #isLow = false
  #isFull = false
  #isBlind = false
  #isChecking = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: DiskSpaceOptions) {
    this.#options = options
  }

  /** What this process may still write; undefined when that cannot be told. */
  get freeBytes(): number | undefined {
    return this.#space?.freeBytes
  }

  /** Nothing new should be begun. False while nothing is known. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Measures at once and then again and again. */
  async start(): Promise<void> {
    await this.check()
    const everyMs = this.#options.everyMs ?? EVERY_MS
    this.#timer = setInterval(() => runInBackground(async () => this.check(), noop), everyMs)
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Never throws. One at a time: a network disk may not answer for long. */
  async check(): Promise<void> {
    if (this.#isChecking) return
    this.#isChecking = true
    const { directory, measure = measureDisk } = this.#options
    try {
      this.#space = await measure(directory)
      this.#isBlind = false
      this.#judge(this.#space)
    } catch (error) {
      this.#space = undefined
      if (!this.#isBlind)
        this.#options.log.warn({ err: error, directory }, 'the free disk space cannot be told')
      this.#isBlind = true
    } finally {
      this.#isChecking = false
    }
  }

  #judge({ freeBytes, totalBytes }: DiskSpace): void {
    const { minFreeBytes, directory, log } = this.#options
    const facts = { directory, freeBytes, minFreeBytes }
    const wasFull = this.#isFull
    this.#isFull = isBelow(freeBytes, minFreeBytes, wasFull)
    if (this.#isFull && !wasFull)
      log.error(facts, 'the disk is nearly full: no new documents until there is space')
    if (!this.#isFull && wasFull) log.info(facts, 'there is disk space again: new documents are taken')
    const wasLow = this.#isLow
    this.#isLow = isBelow(freeBytes, lowLimit(totalBytes), wasLow)
    if (this.#isLow && !wasLow) log.warn(facts, 'the disk of the data folder is getting full')
  }
}

export async function measureDisk(directory: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(directory)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

function lowLimit(totalBytes: number): number {
  return Math.max(LOW_MIN_BYTES, Math.min(totalBytes * LOW_SHARE, LOW_MAX_BYTES))
}

function isBelow(freeBytes: number, limit: number, wasBelow: boolean): boolean {
  return freeBytes < (wasBelow ? limit * BACK_FACTOR : limit)
}

function noop(): void {}
