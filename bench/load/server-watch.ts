/** The server's CPU and memory at the turning points of a run, as the operating system counts them. */
import { now } from '../measure/clock.ts'
import { folderBytes, readUsage } from '../measure/process-usage.ts'
import type { ServerUsage } from '../result.ts'

type Reading = {
  readonly pid: number
  readonly at: number
  readonly cpuSeconds: number
  readonly rssBytes: number
}

export class ServerWatch {
  readonly #pid: () => number | undefined
  readonly #dataDirectory: string | undefined
  #before: Reading | undefined
  #connected: Reading | undefined
  #after: Reading | undefined
  #measuredCpuSeconds = 0
  #timer: NodeJS.Timeout | undefined
  /** Of one core, over the measured time of the last step. */
  lastCpuShare: number | undefined

  constructor(pid: () => number | undefined, dataDirectory: string | undefined) {
    this.#pid = pid
    this.#dataDirectory = dataDirectory
  }

  before(): void {
    this.#before = this.#read()
  }

  connected(): void {
    this.#connected = this.#read()
  }

  finished(): void {
    this.#after = this.#read()
  }

  /** From this moment of the common clock until `end`. */
  measure(fromAt: number): { end(): void } {
    let from: Reading | undefined
    this.#timer = setTimeout(() => (from = this.#read()), Math.max(0, fromAt - now()))
    return {
      end: () => {
        const to = this.#read()
        this.lastCpuShare = undefined
        // Another process's count cannot be compared with the first one's.
        if (from === undefined || to === undefined || from.pid !== to.pid) return
        this.#measuredCpuSeconds += to.cpuSeconds - from.cpuSeconds
        this.lastCpuShare = ((to.cpuSeconds - from.cpuSeconds) * 1000) / Math.max(1, to.at - from.at)
      },
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  usage(deliveries: number, rssBytesPeak: number): ServerUsage | undefined {
    const { pid = 0, cpuSeconds = 0, rssBytes = 0 } = this.#after ?? {}
    if (this.#after === undefined) return undefined
    return {
      pid,
      cpuSeconds: this.#before?.pid === pid ? cpuSeconds - this.#before.cpuSeconds : cpuSeconds,
      cpuMsPerDelivery: deliveries === 0 ? 0 : (this.#measuredCpuSeconds * 1000) / deliveries,
      rssBytesBefore: this.#before?.rssBytes ?? 0,
      rssBytesConnected: this.#connected?.rssBytes ?? 0,
      rssBytesAfter: rssBytes,
      rssBytesPeak: Math.max(rssBytesPeak, rssBytes, this.#connected?.rssBytes ?? 0),
      ...(this.#dataDirectory === undefined ? {} : { diskBytes: folderBytes(this.#dataDirectory) }),
    }
  }

  #read(): Reading | undefined {
    const pid = this.#pid()
    const usage = pid === undefined ? undefined : readUsage(pid)
    return pid === undefined || usage === undefined ? undefined : { pid, at: now(), ...usage }
  }
}
