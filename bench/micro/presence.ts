/**
 * What presence costs, without sockets: per state that comes in, per recipient it goes out to.
 *
 *   node --import tsx bench/micro/presence.ts
 *
 * - move: a frame of one state of about 480 bytes, as JupyterLab's, that differs from the one before.
 * - renewal: the same bytes again with a higher clock.
 * - echo: what a stock y-websocket client does with every frame it is sent, which is to say it back;
 *   told per state in it.
 * - out: a window of so many moves, encoded once and handed to everybody in the room.
 *
 * CPU time, the median of some rounds; beside it how many states one core would take in or hand out
 * in a second.
 */
import { decodeClientMessage } from '../../src/protocol/decode.ts'
import { encodeAwareness } from '../../src/protocol/encode.ts'
import type { AwarenessEntry } from '../../src/protocol/message.ts'
import type { Clock } from '../../src/room/clock.ts'
import { Presence } from '../../src/room/presence.ts'
import { PresenceFanout, type Viewer } from '../../src/room/presence-fanout.ts'
import { presenceState } from '../typing/presence.ts'

const PEOPLE = 100
const ROUNDS = 9
const STATES_PER_ROUND = 20_000
const WINDOWS_PER_ROUND = 2_000

/** Windows end when the benchmark says so. */
const NO_METER = { presence: (): void => {} }

class SteppedClock implements Clock {
  #elapsedMs = 0
  readonly #tasks = new Set<() => void>()

  now(): number {
    return this.#elapsedMs
  }

  elapsed(): number {
    return this.#elapsedMs
  }

  defer(task: () => void): void {
    setImmediate(task)
  }

  after(_: number, task: () => void): () => void {
    this.#tasks.add(task)
    return () => this.#tasks.delete(task)
  }

  /** Ends all windows, `ms` later. */
  step(ms: number): void {
    this.#elapsedMs += ms
    const tasks = [...this.#tasks]
    this.#tasks.clear()
    for (const task of tasks) task()
  }
}

class Room {
  readonly clock = new SteppedClock()
  readonly viewers: Viewer[]
  readonly presence: Presence

  constructor() {
    this.viewers = Array.from({ length: PEOPLE }, (_, i) => this.#viewer(i))
    this.presence = new Presence({
      dialect: 'jupyter',
      clock: this.clock,
      policy: {
        maxClientIdsPerSession: 2,
        presence: {
          windowMs: 20,
          maxWindowMs: 1000,
          renewalMs: 10_000,
          readersAbove: 300,
          readerWindowMs: 2000,
        },
      },
      viewers: new Set(this.viewers),
      meter: NO_METER,
    })
  }

  receive(index: number, frame: Uint8Array): void {
    const viewer = this.viewers[index]
    const message = decodeClientMessage(frame, 'jupyter')
    if (viewer !== undefined && message.kind === 'awareness') this.presence.receive(viewer, message.entries)
  }

  #viewer(index: number): Viewer {
    return {
      ownerKey: `person ${index}`,
      access: 'edit',
      isBehind: false,
      principal: {
        id: `person-${index}`,
        displayName: `Person ${index}`,
        initials: 'P',
        color: 'var(--jp-collaborator-color1)',
        groups: [],
        isAuthenticated: true,
      },
      deliver: () => {},
    }
  }
}

function entry(index: number, clock: number, place: number): AwarenessEntry {
  const caret = { type: null, tname: 'source', item: { client: 5, clock: place }, assoc: 0 }
  const cursor = [{ anchor: caret, head: caret, primary: true, empty: true }]
  const state = new TextEncoder().encode(presenceState(index, `Anonymous ${index}`, cursor))
  return { clientId: 1_000_000 + index, clock, state }
}

function cpuMicroseconds(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** Microseconds for one of `count`; `prepare` makes what a round works on and is not counted. */
function measure<Prepared>(
  count: number,
  prepare: () => Prepared,
  run: (prepared: Prepared) => void,
): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const prepared = prepare()
    return cpuMicroseconds(() => run(prepared)) / count
  })
  return rounds.toSorted((a, b) => a - b)[ROUNDS >>> 1] ?? 0
}

function tell(what: string, microseconds: number): void {
  const perSecond = Math.round(1e6 / microseconds / 1000)
  console.log(what.padEnd(44), `${microseconds.toFixed(3)} us`.padStart(12), `${perSecond} k/s`.padStart(10))
}

const room = new Room()
let clock = 0

/** Frames of one state each, of all people in turn; `place` says where the cursor is. */
function frames(count: number, place: (i: number) => number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % PEOPLE === 0) clock += 1
    return encodeAwareness([entry(i % PEOPLE, clock, place(i))])
  })
}

function receiveAll(all: readonly Uint8Array[]): void {
  all.forEach((frame, i) => room.receive(i % PEOPLE, frame))
}

const move = measure(
  STATES_PER_ROUND,
  () => frames(STATES_PER_ROUND, (i) => i + clock),
  (all) => {
    receiveAll(all)
    room.clock.step(20)
  },
)
tell('move, in', move)

const renewal = measure(
  STATES_PER_ROUND,
  () => {
    receiveAll(frames(PEOPLE, () => 7))
    room.clock.step(15_000)
    return frames(STATES_PER_ROUND, () => 7)
  },
  receiveAll,
)
tell('renewal, in', renewal)

const everybody = encodeAwareness(Array.from({ length: PEOPLE }, (_, i) => entry(i, clock, 7)))
const echo = measure(
  STATES_PER_ROUND,
  () => room.clock.step(20),
  () => {
    for (let i = 0; i * PEOPLE < STATES_PER_ROUND; i += 1) room.receive(i % PEOPLE, everybody)
  },
)
tell('echo of a frame of 100 states, in, a state', echo)

for (const moves of [1, 10, PEOPLE]) {
  const { clock: windows, viewers } = room
  const fanout = new PresenceFanout({ clock: windows, viewers: new Set(viewers), meter: NO_METER })
  const rows = new Map(
    viewers.slice(0, moves).map((owner, i) => [i, { ...entry(i, clock, i), owner }] as const),
  )
  const out = measure(
    WINDOWS_PER_ROUND * PEOPLE,
    () => rows,
    () => {
      for (let i = 0; i < WINDOWS_PER_ROUND; i += 1) fanout.send(rows, 'everybody')
    },
  )
  tell(`out, a window of ${moves}, a recipient`, out)
}
