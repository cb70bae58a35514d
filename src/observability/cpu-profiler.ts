import { Session } from 'node:inspector'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Takes CPU profiles of this process, one at a time. V8 samples the stack each millisecond, which
 * slows everything down a little; building the profile at the end stops the process for a moment.
 */
export class CpuProfiler {
  #isRunning = false
  readonly #closed = new AbortController()

  get isRunning(): boolean {
    return this.#isRunning
  }

  /**
   * The content of a `.cpuprofile` file, or why there is none. `busy`: another one is being taken.
   * `stopped`: `signal` was aborted, or the profiler closed, before the time was over.
   */
  async take(ms: number, signal: AbortSignal): Promise<{ readonly profile: string } | 'busy' | 'stopped'> {
    if (this.#isRunning) return 'busy'
    this.#isRunning = true
    const session = new Session()
    try {
      session.connect()
      await post(session, 'Profiler.enable')
      await post(session, 'Profiler.start')
      if (!(await isSleptThrough(ms, AbortSignal.any([signal, this.#closed.signal])))) return 'stopped'
      const { profile } = await post(session, 'Profiler.stop')
      return { profile: JSON.stringify(profile) }
    } finally {
      // Ends a profile that is still being taken, too.
      session.disconnect()
      this.#isRunning = false
    }
  }

  close(): void {
    this.#closed.abort()
  }
}

type Results = { 'Profiler.enable': object; 'Profiler.start': object; 'Profiler.stop': { profile: unknown } }

function post<Method extends keyof Results>(session: Session, method: Method): Promise<Results[Method]> {
  return new Promise((resolve, reject) => {
    session.post(method, (error, result) => {
      if (error === null) resolve(result as Results[Method])
      else reject(error)
    })
  })
}

async function isSleptThrough(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch {
    return false
  }
}
