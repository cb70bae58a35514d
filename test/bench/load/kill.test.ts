/** kill -9 of the server, and of the load tool itself. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runScenario } from '../../../bench/load/coordinator.ts'
import { startOutrigger } from '../../../bench/servers/outrigger.ts'
import { startCommand } from '../../../bench/servers/command-server.ts'
import { until } from '../../support/until.ts'
import { shortScenario } from '../support/short-scenario.ts'

const SUPPORT = join(import.meta.dirname, '../support')

test(
  'Outrigger is killed while people type: what anybody had seen is there, and all converge',
  { timeout: 60_000 },
  async () => {
    const server = await startOutrigger()
    try {
      const result = await runScenario(
        shortScenario(
          server.roomUrl,
          {},
          { forSeconds: 3, drainSeconds: 15, kill: { after: 'start', seconds: 1 } },
        ),
        { server },
      )
      assert.deepEqual(result.verification.failures, [])
      assert.ok((result.kill?.seen ?? 0) > 20, `${result.kill?.seen} edits seen before the kill`)
      assert.equal(result.kill?.lost, 0)
      assert.equal(result.isPass, true)
    } finally {
      await server.stop()
    }
  },
)

test(
  'a server that keeps its documents in memory only fails, with the number of lost edits',
  { timeout: 60_000 },
  async () => {
    const server = await startCommand({
      name: 'forgetful',
      command: ({ port }) => [
        process.execPath,
        '--import',
        'tsx',
        join(SUPPORT, 'memory-server.ts'),
        String(port),
      ],
      addresses: (port) => ({ url: `http://127.0.0.1:${port}/`, roomUrl: `ws://127.0.0.1:${port}/{room}` }),
    })
    try {
      const result = await runScenario(
        shortScenario(server.roomUrl, {}, { kill: { after: 'last-delivery', seconds: 0 } }),
        { server },
      )
      assert.equal(result.isPass, false)
      assert.ok((result.kill?.lost ?? 0) > 0)
      assert.equal(result.kill?.lost, result.kill?.seen)
      assert.match(
        result.verification.failures.join('\n'),
        /edits that somebody had seen were gone after the kill/,
      )
    } finally {
      await server.stop()
    }
  },
)

test(
  'a load tool that is killed leaves neither workers nor the server it had started',
  { timeout: 60_000 },
  async () => {
    const tool = spawn(process.execPath, ['--import', 'tsx', join(SUPPORT, 'long-run.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(tool.stdout, 'data')
    const pids = descendants(tool.pid ?? 0)
    // A keeper with its server, two workers; and what the loader of TypeScript starts for each.
    assert.ok(pids.length >= 4, `${pids.length} processes below the tool`)
    tool.kill('SIGKILL')
    await once(tool, 'exit')
    await until(() => pids.every((pid) => !isAlive(pid)), 10_000, 'all processes are gone')
  },
)

function descendants(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  const children = existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : []
  return children.flatMap((child) => [child, ...descendants(child)])
}

function isAlive(pid: number): boolean {
  try {
    // A zombie is dead; only its parent has not looked yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
