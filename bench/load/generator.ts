/** One worker's share of a run: its clients, what they do and when, and what came of it. */
import { GroupMeter } from './group-meter.ts'
import { Latency } from '../measure/latency.ts'
import { now } from '../measure/clock.ts'
import type { Group, Scenario } from '../plan/scenario.ts'
import { createDialect } from '../wire/create-dialect.ts'
import type { Dialect } from '../wire/dialect.ts'
import type { LoadClient, LoadContext } from './client.ts'
import { LiveReport } from './live-report.ts'
import type { EditsByRoom, RoomFacts, Step, StepFacts, Tick } from './messages.ts'
import { OutageGate } from './outage-gate.ts'
import { documentOf, seedRoom, waitForDocument } from './documents.ts'
import { populateRoom } from './population.ts'
import { limitedly } from './limitedly.ts'
import { baseOf } from './room-load.ts'
import { RoomLoad } from './room-load.ts'
import { Scheduler } from './scheduler.ts'
import { planRoom } from './step-plan.ts'
import { lostOf, sentOf, seenOf } from './outage.ts'
import { checkRoom, snapshotRoom } from './verify.ts'

/** Connections of one worker that are opened at once before the load; a storm has no such limit. */
const CONNECTS_IN_FLIGHT = 50
/** Payloads kept for the comparison afterwards, each once. */
const MAX_KEPT_BYTES = 1024 ** 3
const READERS_IN_FLIGHT = 8
const DRAIN_POLL_MS = 5
const DOCUMENT_PATIENCE_MS = 180_000

type OwnRoom = {
  readonly room: RoomLoad
  readonly groupIndex: number
  readonly mine: readonly number[]
  clients: LoadClient[]
}

export class LoadGenerator {
  #scenario: Scenario | undefined
  #dialect: Dialect | undefined
  #meters: GroupMeter[] = []
  readonly #budget = { leftBytes: MAX_KEPT_BYTES }
  readonly #rooms: OwnRoom[] = []
  readonly #gate = new OutageGate()
  readonly #scheduler = new Scheduler()
  readonly #live: LiveReport
  #lag = new Latency()
  #step: Step | undefined
  #stepsBeforeMs = 0
  #planned: ReturnType<typeof planRoom>[] = []
  #isInLoad = false
  #measured = { from: Number.POSITIVE_INFINITY, to: 0 }
  #usage = { cpuShare: 0, loopShare: 0 }

  constructor(report: (tick: Tick) => void) {
    this.#live = new LiveReport(report)
  }

  prepare(scenario: Scenario, index: number): void {
    this.#scenario = scenario
    this.#dialect = createDialect(scenario.protocol, scenario)
    this.#meters = scenario.groups.map(() => new GroupMeter())
    const total = scenario.groups.reduce((sum, group) => sum + group.rooms, 0)
    let number = 0
    scenario.groups.forEach((group, groupIndex) => {
      for (let inGroup = 0; inGroup < group.rooms; inGroup += 1, number += 1) {
        const mine = ownClients({ number, clients: group.clients, total, index, workers: scenario.workers })
        if (mine.length === 0) continue
        const name = `${scenario.roomPrefix}-${group.name}-${inGroup}`
        const meter = this.#meters[groupIndex] ?? new GroupMeter()
        this.#rooms.push({
          room: new RoomLoad({
            name,
            group,
            meter,
            number,
            inGroup,
            isEverybodyHere: staysWhole(scenario, group),
            budget: this.#budget,
          }),
          groupIndex,
          mine,
          clients: [],
        })
      }
    })
  }

  async seed(): Promise<void> {
    const { dialect, scenario } = this.#parts()
    const own = this.#rooms.filter(({ mine }) => mine.includes(0))
    await limitedly(own, 4, async ({ room }) => {
      const leave = await seedRoom({ dialect, scenario, room, patienceMs: DOCUMENT_PATIENCE_MS })
      room.onFirstJoin(leave)
    })
  }

  async populate(): Promise<void> {
    const { dialect, scenario } = this.#parts()
    for (const own of this.#rooms) {
      const { room } = own
      const updates =
        scenario.protocol === 'jupyter'
          ? await waitForDocument({ dialect, room: room.name, length: 0, patienceMs: DOCUMENT_PATIENCE_MS })
          : documentOf(scenario, room)
      room.base = baseOf(updates)
      own.clients = populateRoom({
        room,
        mine: own.mine,
        seed: scenario.seed,
        context: this.#context(dialect),
      })
    }
  }

  async connect(): Promise<void> {
    const early = this.#rooms.filter(
      ({ room }) => room.group.arriveAfterSeconds <= 0 && room.group.arriveOverSeconds <= 0,
    )
    await limitedly(
      early.flatMap(({ clients }) => clients),
      CONNECTS_IN_FLIGHT,
      async (client) => client.join(),
    )
  }

  plan(step: Step): void {
    const { scenario } = this.#parts()
    this.#step = step
    this.#planned = this.#rooms.map(({ room, clients }) =>
      planRoom({
        room,
        clients,
        step,
        seed: scenario.seed,
        fromMs: this.#stepsBeforeMs,
        isFirst: this.#stepsBeforeMs === 0,
      }),
    )
    this.#stepsBeforeMs += step.durationMs
  }

  async go(startAt: number): Promise<void> {
    const step = this.#step
    if (step === undefined) throw new Error('no step is planned')
    const endAt = startAt + step.durationMs
    this.#measured = { from: startAt + step.warmUpMs, to: endAt }
    this.#isInLoad = true
    this.#lag.reset()
    const actions = this.#planned.flatMap((plan) =>
      plan.begin({ startAt, isMeasured: this.#isMeasured, sent: (intendedAt) => this.#sent(intendedAt) }),
    )
    this.#planned = []
    const meter = new UsageMeter()
    actions.push({ at: this.#measured.from, run: () => meter.start() })
    this.#live.start(startAt)
    await this.#scheduler.run(actions, endAt)
    this.#usage = meter.read()
  }

  async drain(patienceMs: number): Promise<StepFacts> {
    const clients = this.#rooms.flatMap((own) => own.clients)
    for (const client of clients) {
      client.unstall()
      client.wake().catch(() => {})
    }
    const deadline = now() + patienceMs
    const isComplete = (): boolean => clients.every((client) => client.isReady && client.hasAll())
    while (!isComplete() && now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS))
    this.#live.stop()
    this.#count()
    const facts: StepFacts = {
      isComplete: isComplete(),
      missing: clients.reduce((sum, client) => sum + (client.hasAll() ? 0 : [...client.missing()].length), 0),
      meters: this.#meters.map((meter) => meter.facts()),
      lag: this.#lag.encode(),
      ...this.#usage,
    }
    // Each step is told by itself.
    this.#meters.forEach((meter) => meter.clear())
    return facts
  }

  async verify(): Promise<readonly RoomFacts[]> {
    const { dialect } = this.#parts()
    const rooms = await limitedly(this.#rooms, READERS_IN_FLIGHT, async ({ room, clients, mine }) =>
      snapshotRoom({ room, clients, dialect, isWitness: mine.includes(0) }),
    )
    return limitedly(rooms, 1, checkRoom)
  }

  hold(): void {
    this.#gate.shut()
  }

  release(): void {
    this.#gate.open()
  }

  /** Waits until the last bytes of the dead server are read. */
  async seen(): Promise<{ seen: EditsByRoom; sent: EditsByRoom }> {
    const clients = this.#rooms.flatMap((own) => own.clients)
    const deadline = now() + 5000
    while (clients.some((client) => client.isReady) && now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS))
    return {
      seen: this.#rooms.map(({ room, clients: some }) => [room.number, seenOf(room, some)] as const),
      sent: this.#rooms.map(({ room, clients: some }) => [room.number, sentOf(room, some)] as const),
    }
  }

  async witness(edits: {
    seen: EditsByRoom
    sent: EditsByRoom
  }): Promise<{ lost: number; sentLost: number }> {
    const { dialect } = this.#parts()
    const own = this.#rooms.filter(({ mine }) => mine.includes(0))
    const lost = await limitedly(own, READERS_IN_FLIGHT, async ({ room }) =>
      lostOf({ room, dialect, ...edits }),
    )
    return {
      lost: lost.reduce((sum, room) => sum + room.lost, 0),
      sentLost: lost.reduce((sum, room) => sum + room.sentLost, 0),
    }
  }

  drop(): void {
    for (const { clients } of this.#rooms) for (const client of clients) client.drop()
  }

  finish(): void {
    this.#scheduler.stop()
    this.#live.stop()
    for (const { clients, room } of this.#rooms) {
      for (const client of clients) client.terminate()
      for (const { author } of room.authors) author.destroy()
    }
  }

  readonly #isMeasured = (intendedAt: number): boolean =>
    intendedAt >= this.#measured.from && intendedAt < this.#measured.to

  #sent(intendedAt: number): void {
    this.#live.sent += 1
    if (this.#isMeasured(intendedAt)) this.#lag.record(now() - intendedAt)
  }

  /** What was expected of the step, by who was there. */
  #count(): void {
    for (const { room, clients } of this.#rooms) {
      const own = new Set(
        clients.flatMap((client) => client.authors.map((author) => room.authors.indexOf(author))),
      )
      for (let number = room.countedEdits; number < room.edits.size; number += 1) {
        const { isMeasured, intendedAt, author } = room.edits.get(number)
        if (!isMeasured) continue
        if (own.has(author)) room.meter.edits += 1
        for (const client of clients) {
          if (room.authors[author]?.client === client.index || !client.wasHere(intendedAt)) continue
          room.meter.expected += 1
          if (client.seen.has(number)) room.meter.delivered += 1
        }
      }
      room.countedEdits = room.edits.size
      for (const client of clients) client.countTraffic()
    }
  }

  #context(dialect: Dialect): LoadContext {
    return {
      dialect,
      failed: (what) => {
        if (!this.#gate.isShut) this.#live.failed(what)
      },
      delivered: (latencyMs, count) => this.#live.arrived(latencyMs, count),
      isInLoad: () => this.#isInLoad,
      isMeasured: this.#isMeasured,
      mayReturn: async () => this.#gate.passed(),
    }
  }

  #parts(): { scenario: Scenario; dialect: Dialect } {
    if (this.#scenario === undefined || this.#dialect === undefined) throw new Error('not prepared')
    return { scenario: this.#scenario, dialect: this.#dialect }
  }
}

/** CPU and event loop of this process since `start`, as shares of a whole core and of the time. */
class UsageMeter {
  #cpu = process.cpuUsage()
  #at = now()
  #loop = performance.eventLoopUtilization()

  start(): void {
    this.#cpu = process.cpuUsage()
    this.#at = now()
    this.#loop = performance.eventLoopUtilization()
  }

  read(): { cpuShare: number; loopShare: number } {
    const { user, system } = process.cpuUsage(this.#cpu)
    return {
      cpuShare: (user + system) / 1000 / Math.max(1, now() - this.#at),
      loopShare: performance.eventLoopUtilization(this.#loop).utilization,
    }
  }
}

function staysWhole({ kill, dropAllAfterSeconds }: Scenario, group: Group): boolean {
  const { arriveAfterSeconds, arriveOverSeconds, sleepEverySeconds, leaveEverySeconds, stalled } = group
  const comings = [arriveAfterSeconds, arriveOverSeconds, sleepEverySeconds, leaveEverySeconds, stalled]
  return kill?.after !== 'start' && dropAllAfterSeconds === undefined && comings.every((value) => value <= 0)
}

/** Whole rooms where there are enough of them; else the clients of each are dealt out. */
function ownClients(parts: {
  readonly number: number
  readonly clients: number
  readonly total: number
  readonly index: number
  readonly workers: number
}): number[] {
  const { number, clients, total, index, workers } = parts
  const all = Array.from({ length: clients }, (_, client) => client)
  if (total >= workers * 2) return number % workers === index ? all : []
  return all.filter((client) => (number + client) % workers === index)
}
