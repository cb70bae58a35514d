/** Runs a scenario: starts workers, takes them through its phases, and adds up what they found. */
import { cpus, totalmem } from 'node:os'
import { now } from '../measure/clock.ts'
import type { Ramp, Scenario } from '../plan/scenario.ts'
import type { Phase, Progress } from '../progress.ts'
import type { KillResult, RunResult, StepResult } from '../result.ts'
import type { ManagedServer } from '../servers/managed-server.ts'
import { GroupMeter } from './group-meter.ts'
import { killAndLook } from './kill.ts'
import { type Verdict, judgeStep, stepOf } from './judge.ts'
import type { Step, StepFacts } from './messages.ts'
import { RateSearch } from './ramp.ts'
import { ServerWatch } from './server-watch.ts'
import { Timeline } from './timeline.ts'
import { generatorUsage, groupResult } from './summarize.ts'
import { mergeRooms } from './merge-rooms.ts'
import { WorkerPool } from './worker-process.ts'

/** From the call until the first action, so that every worker is ready for it. */
const START_DELAY_MS = 150
/** Warm-up of a step of a ramp, as a share of it. */
const RAMP_WARM_UP = 0.25

export type RunOptions = {
  /** A server that may be restarted and killed; its pid is watched. */
  readonly server?: ManagedServer | undefined
  /** Of a server that is not ours. */
  readonly pid?: number | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Ends the run early: it rejects with the signal's reason, and leaves no process. */
  readonly signal?: AbortSignal | undefined
}

/** Rejects when the server cannot be reached or refuses everybody; all else is in the result. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<RunResult> {
  const run = new Run(scenario, options)
  const aborted = new Promise<never>((_, reject) => {
    options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error), { once: true })
  })
  aborted.catch(() => {})
  try {
    options.signal?.throwIfAborted()
    return await Promise.race([run.execute(), aborted])
  } finally {
    await run.end()
  }
}

class Run {
  readonly #scenario: Scenario
  readonly #options: RunOptions
  readonly #timeline: Timeline
  readonly #pool: WorkerPool
  readonly #watch: ServerWatch
  readonly #startedAt = new Date().toISOString()
  readonly #steps: StepResult[] = []
  readonly #facts: StepFacts[][] = []
  #kill: KillResult | undefined
  #phase: Phase = 'start'
  #plannedMs = 0
  #doneMs = 0

  constructor(scenario: Scenario, options: RunOptions) {
    this.#scenario = scenario
    this.#options = options
    const pid = (): number | undefined => options.server?.pid ?? options.pid
    this.#timeline = new Timeline({
      workers: scenario.workers,
      pid,
      onPoint: (point) =>
        this.#tell(this.#plannedMs === 0 ? 0 : Math.min(1, point.atMs / this.#plannedMs), point),
    })
    this.#watch = new ServerWatch(pid, options.server?.dataDirectory)
    this.#pool = new WorkerPool(scenario.workers, (worker, tick) => this.#timeline.add(worker, tick))
  }

  async execute(): Promise<RunResult> {
    await this.#meet()
    if (this.#scenario.ramp === undefined) await this.#load()
    else await this.#climb(this.#scenario.ramp)
    this.#enter('verify')
    const rooms =
      this.#kill !== undefined && this.#scenario.kill?.after === 'last-delivery'
        ? []
        : await this.#pool.ask('verify', undefined)
    this.#watch.finished()
    return this.#result(rooms.flat())
  }

  async end(): Promise<void> {
    this.#watch.stop()
    await this.#pool.end()
  }

  /** Documents, then clients. */
  async #meet(): Promise<void> {
    const scenario = this.#scenario
    this.#enter('start')
    await Promise.all(
      this.#pool.workers.map(async (worker, index) => worker.call('prepare', { scenario, index })),
    )
    this.#enter('documents')
    await this.#pool.ask('seed', undefined)
    if (scenario.restartBeforeJoin) await this.#options.server?.restart()
    this.#watch.before()
    await this.#pool.ask('populate', undefined)
    this.#enter('connect')
    await this.#pool.ask('connect', undefined)
    this.#watch.connected()
  }

  async #load(): Promise<void> {
    const { warmUpSeconds, forSeconds, drainSeconds, kill, dropAllAfterSeconds } = this.#scenario
    const step = {
      index: 0,
      rate: undefined,
      warmUpMs: warmUpSeconds * 1000,
      durationMs: (warmUpSeconds + forSeconds) * 1000,
    }
    this.#plannedMs = step.durationMs
    const during = [
      ...(dropAllAfterSeconds === undefined
        ? []
        : [
            {
              afterMs: dropAllAfterSeconds * 1000,
              act: async () => void (await this.#pool.ask('drop', undefined)),
            },
          ]),
      ...(kill?.after === 'start'
        ? [{ afterMs: kill.seconds * 1000, act: async () => this.#killServer(true) }]
        : []),
    ]
    const facts = await this.#runStep(step, drainSeconds * 1000, during)
    this.#conclude(step, facts)
    if (kill?.after !== 'last-delivery') return
    await new Promise((resolve) => setTimeout(resolve, kill.seconds * 1000))
    await this.#killServer(false)
  }

  async #climb(ramp: Ramp): Promise<void> {
    const search = new RateSearch(ramp)
    // Each factor is one step, and the refinements; an upper bound for the bar.
    const most = Math.ceil(Math.log(ramp.to / ramp.from) / Math.log(ramp.factor)) + 2 + 2 * ramp.refine
    this.#plannedMs = most * ramp.stepSeconds * 1000
    for (let index = 0; search.next !== undefined; index += 1) {
      const durationMs = ramp.stepSeconds * 1000
      const step: Step = { index, rate: search.next, warmUpMs: durationMs * RAMP_WARM_UP, durationMs }
      const facts = await this.#runStep(step, this.#scenario.drainSeconds * 1000, [])
      const verdict = this.#conclude(step, facts)
      search.tried(verdict.isSustained)
      // Behind for good: what came next would be measured in its wake.
      if (facts.some(({ isComplete }) => !isComplete)) break
    }
  }

  async #runStep(
    step: Step,
    patienceMs: number,
    during: readonly { readonly afterMs: number; readonly act: () => Promise<void> }[],
  ): Promise<StepFacts[]> {
    await this.#pool.ask('plan', step)
    this.#enter('load')
    const startAt = now() + START_DELAY_MS
    const timers = during.map(async ({ afterMs, act }) => {
      await new Promise((resolve) => setTimeout(resolve, START_DELAY_MS + afterMs))
      await act()
    })
    const measuring = this.#watch.measure(startAt + step.warmUpMs)
    await Promise.all([this.#pool.ask('go', { startAt }), ...timers])
    this.#doneMs += step.durationMs
    this.#enter('drain')
    const facts = await this.#pool.ask('drain', { patienceMs })
    measuring.end()
    return facts
  }

  #conclude(step: Step, facts: StepFacts[]): Verdict {
    this.#facts.push(facts)
    const verdict = judgeStep(facts, this.#scenario.ramp)
    const cpuShare = this.#watch.lastCpuShare
    const rate = Math.max(...this.#scenario.groups.map((group) => group.rate))
    this.#steps.push(stepOf({ step, facts, verdict, cpuShare, rate }))
    return verdict
  }

  async #killServer(isRunGoingOn: boolean): Promise<void> {
    const { server } = this.#options
    if (server === undefined) throw new Error('a kill needs a server that was started by this run')
    this.#kill = await killAndLook(server, this.#pool, isRunGoingOn)
  }

  #result(rooms: Parameters<typeof mergeRooms>[0]): RunResult {
    const meters = this.#scenario.groups.map(() => new GroupMeter())
    for (const facts of this.#facts.flat()) facts.meters.forEach((meter, index) => meters[index]?.add(meter))
    const verification = mergeRooms(rooms, this.#kill)
    const deliveries = meters.reduce((sum, { delivered, presence }) => sum + delivered + presence.count, 0)
    const server = this.#watch.usage(deliveries, this.#timeline.rssPeak)
    const hasArrived = this.#facts.at(-1)?.every(({ isComplete }) => isComplete) ?? false
    const isSustained = this.#steps.some((step) => step.isSustained)
    const hasMeasured = meters.some(({ edits, presence, joins }) => edits + presence.count + joins.count > 0)
    const isPass =
      verification.isOk && hasMeasured && (this.#scenario.ramp === undefined ? hasArrived : isSustained)
    return {
      scenario: this.#scenario,
      startedAt: this.#startedAt,
      node: process.version,
      machine: {
        cpus: cpus().length,
        model: cpus()[0]?.model.trim() ?? '',
        memoryBytes: totalmem(),
        platform: `${process.platform} ${process.arch}`,
      },
      steps: this.#steps,
      groups: this.#scenario.groups.map((group, index) =>
        groupResult(group, meters[index] ?? new GroupMeter()),
      ),
      timeline: this.#timeline.points,
      ...(server === undefined ? {} : { server }),
      generator: generatorUsage(this.#facts),
      verification,
      ...(this.#kill === undefined ? {} : { kill: this.#kill }),
      errors: Object.fromEntries(this.#timeline.errors),
      isPass,
    }
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#tell(phase === 'load' ? this.#doneMs / Math.max(1, this.#plannedMs) : 0)
  }

  #tell(done: number, point?: Progress['point']): void {
    this.#options.onProgress?.({ phase: this.#phase, done, point })
  }
}
