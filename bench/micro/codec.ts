/**
 * What it costs to take a message apart and to put one together.
 *
 *   node --import tsx bench/micro/codec.ts
 *
 * CPU time of this process for each message, and bytes of messages for each second of it. Updates are
 * not looked into here: see inspect-update.ts.
 */
import * as awareness from 'y-protocols/awareness'
import * as Y from 'yjs'
import { decodeClientMessage } from '../../src/protocol/decode.ts'
import { encodeAwareness, encodeSyncStep1, encodeSyncStep2, encodeUpdate } from '../../src/protocol/encode.ts'

const ROUNDS = 5
/** Long enough for the clock of CPU time, short enough for a table of them. */
const ROUND_CPU_US = 100_000
const CURSOR = { row: 120, column: 14, cell: 'b8a1f0c2', selection: [120, 14, 120, 30] }
const USER = { id: 'ann', name: 'Ann Example', color: '#1976d2', initials: 'AE' }

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** CPU microseconds of one call: the median of a few rounds, after one that is not counted. */
function cost(run: () => unknown): number {
  const costs: number[] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const start = cpuMicroseconds()
    let calls = 0
    let spent = 0
    while (spent < ROUND_CPU_US) {
      const many = Math.max(1, calls)
      for (let i = 0; i < many; i += 1) run()
      calls += many
      spent = cpuMicroseconds() - start
    }
    costs.push(spent / calls)
  }
  return costs.slice(1).toSorted((a, b) => a - b)[ROUNDS >>> 1] ?? 0
}

function show(what: string, bytes: number, run: () => unknown): void {
  const us = cost(run)
  const size = bytes < 10_000 ? `${bytes} B` : `${(bytes / 1000).toFixed(0)} KB`
  console.log(
    what.padEnd(34),
    size.padStart(9),
    `${us.toFixed(3)} us`.padStart(14),
    `${(bytes / us).toFixed(0)} MB/s`.padStart(14),
  )
}

function keystroke(): Uint8Array {
  const doc = new Y.Doc()
  const text = doc.getText('source')
  text.insert(0, 'a line of code')
  let update: Uint8Array = new Uint8Array()
  doc.on('update', (bytes: Uint8Array) => (update = bytes))
  text.insert(4, 'k')
  return update
}

function stateVector(clients: number): Uint8Array {
  return Y.encodeStateVector(
    new Map(Array.from({ length: clients }, (_, i) => [i * 7_919_317 + 1, 1000 + i])),
  )
}

/** As a stock client sends it: the states of so many people in one message. */
function presence(people: number): Uint8Array {
  const everybody = new awareness.Awareness(new Y.Doc())
  const ids = Array.from({ length: people }, (_, i) => i * 7_919_317 + 1)
  for (const id of ids) {
    everybody.states.set(id, { user: USER, cursor: CURSOR })
    everybody.meta.set(id, { clock: 120, lastUpdated: 0 })
  }
  const update = awareness.encodeAwarenessUpdate(everybody, ids)
  everybody.destroy()
  const frame = new Uint8Array([1, ...lengthOf(update.length), ...update])
  return frame
}

function lengthOf(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest > 127 ? 128 | (rest % 128) : rest)
    if (rest <= 127) return bytes
  }
}

const update = keystroke()
const state = new Uint8Array(1_000_000)

console.log('decode'.padEnd(34), 'size'.padStart(9), 'CPU each'.padStart(14), 'a CPU second'.padStart(14))
const incoming: readonly (readonly [string, Uint8Array])[] = [
  ['update of one key', encodeUpdate(update)],
  ['update of 1 MB (not copied)', encodeUpdate(state)],
  ['step 1, nothing known', encodeSyncStep1(stateVector(0))],
  ['step 1, 100 clients', encodeSyncStep1(stateVector(100))],
  ['presence of one', presence(1)],
  ['presence of 100', presence(100)],
]
for (const [what, frame] of incoming)
  show(what, frame.length, () => decodeClientMessage(frame, 'y-websocket'))

console.log('encode')
show('update of one key', encodeUpdate(update).length, () => encodeUpdate(update))
show('step 2 of 1 MB', encodeSyncStep2(state).length, () => encodeSyncStep2(state))
for (const people of [1, 100]) {
  const message = decodeClientMessage(presence(people), 'y-websocket')
  if (message.kind !== 'awareness') throw new Error('the sample is no presence message')
  const frame = encodeAwareness(message.entries)
  show(`presence of ${people}`, frame.length, () => encodeAwareness(message.entries))
}
