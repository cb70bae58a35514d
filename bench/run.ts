/** `npm run bench`: the standard figures, against a freshly started Outrigger in its own process. */
import { cpus } from 'node:os'
import { LIMITS } from './config.ts'
import { memory } from './scenarios/memory.ts'
import { startUp } from './scenarios/start-up.ts'
import { typing } from './scenarios/typing.ts'

const MIB = 1024 * 1024

type Row = { readonly what: string; readonly value: string; readonly limit: string; readonly isMet: boolean }

function row(what: string, value: number, limit: number, unit: string): Row {
  return { what, value: `${value.toFixed(1)} ${unit}`, limit: `< ${limit} ${unit}`, isMet: value < limit }
}

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? Number.NaN

console.log(
  `Outrigger bench · Node ${process.version} · ${cpus().length} × ${cpus()[0]?.model.trim() ?? '?'}`,
)
const typed = await typing()
const times = await startUp()
const held = await memory()
const rows = [
  row(
    'delivery of a keystroke, p50 (2 people, 10 keys/s each, fsync always)',
    typed.p50Ms,
    LIMITS.deliveryP50Ms,
    'ms',
  ),
  row('delivery of a keystroke, p99', typed.p99Ms, LIMITS.deliveryP99Ms, 'ms'),
  row('memory (RSS) with one open 1 MB notebook', held.rssBytes / MIB, LIMITS.rssBytes / MIB, 'MiB'),
  row('start to ready, empty data folder, median', median(times), LIMITS.readyMs, 'ms'),
]
for (const { what, value, limit, isMet } of rows) {
  console.log(`${isMet ? 'ok  ' : 'MISS'} ${what.padEnd(70)} ${value.padStart(10)}   ${limit}`)
}
console.log(
  `     ${typed.deliveries} deliveries, max ${typed.maxMs.toFixed(1)} ms, server CPU ${typed.serverCpuMsPerDelivery.toFixed(2)} ms each; ` +
    `start-up ${times[0]?.toFixed(0)} to ${times.at(-1)?.toFixed(0)} ms; notebook ${held.notebookBytes} bytes, sent as ${held.receivedBytes}`,
)
if (!typed.isComplete) console.log('FAIL keystrokes are missing')
process.exitCode = typed.isComplete && rows.every(({ isMet }) => isMet) ? 0 : 1
