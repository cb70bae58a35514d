/**
 * Nothing stays behind of rooms and connections that came and went: the heap, timers, sockets and files
 * are compared after thousands of them. `LEAK_CYCLES=50000` makes it as many.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LeakReport } from './leak-child.ts'

const CHILD = fileURLToPath(new URL('leak-child.ts', import.meta.url))
const CYCLES = Number(process.env['LEAK_CYCLES'] ?? 0)

async function leakOf(what: 'rooms' | 'connections', warmUp: number, counted: number): Promise<LeakReport> {
  const args = ['--expose-gc', '--import', 'tsx', CHILD, what, String(warmUp), String(counted)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as LeakReport
}

function assertNothingLeft(report: LeakReport, cycles: number, maxBytesPerCycle: number): void {
  assert.deepEqual(report.errors, [])
  // The child's own: a turn of the event loop in which it looks.
  const [{ Immediate: _before, ...before }, { Immediate: _after, ...after }] = [
    report.resourcesBefore,
    report.resourcesAfter,
  ]
  assert.deepEqual(after, before)
  assert.ok(Math.abs(report.filesAfter - report.filesBefore) <= 4, 'files and sockets are closed')
  const perCycle = (report.heapAfter - report.heapBefore) / cycles
  assert.ok(perCycle <= maxBytesPerCycle, `${perCycle} bytes of heap for each of ${cycles}`)
}

test(
  '[ROOM-69] 10,000 rooms that were opened, written and unloaded leave nothing behind',
  { timeout: 600_000 },
  async () => {
    const cycles = Math.max(10_000, CYCLES)
    // One forgotten entry of a map is more than this, a room fifty times as much.
    assertNothingLeft(await leakOf('rooms', 2000, cycles), cycles, 100)
  },
)

test(
  '[ROOM-69] thousands of connections that came, wrote and went leave nothing behind',
  { timeout: 600_000 },
  async () => {
    const cycles = Math.max(4000, CYCLES)
    assertNothingLeft(await leakOf('connections', 3000, cycles), cycles, 500)
  },
)
