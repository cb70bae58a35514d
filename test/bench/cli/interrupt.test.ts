/** Ctrl+C, as a terminal sends it: to the whole group of processes. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../../support/until.ts'

const RUN = fileURLToPath(new URL('../support/run-bench.ts', import.meta.url))

/** All that a process started, and what those started. */
function descendants(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // Gone meanwhile.
    }
  }
  const below = (parent: number): number[] =>
    [...parents].filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)])
  return below(pid)
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('Ctrl+C ends workers and server, tells what was measured so far, and gives 130', async (t) => {
  const args = [
    '--import',
    import.meta.resolve('tsx'),
    RUN,
    '--clients',
    '4',
    '--writers',
    '2',
    '--for',
    '10m',
    '--workers',
    '2',
  ]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const pid = child.pid ?? 0
  t.after(() => child.kill('SIGKILL'))
  await until(() => /load \d+ %: .*deliveries/.test(text), 30_000, 'a line of progress with figures')
  const started = descendants(pid)
  assert.ok(started.length >= 4, `two workers, a keeper and a server, but only ${started.join()}`)
  process.kill(-pid, 'SIGINT')
  assert.equal(await ended, 130, text)
  await until(() => !started.some(isRunning), 5000, 'the end of what it started')
  assert.match(text, /custom: interrupted [\d.]+ s after the load began/)
  assert.match(text, /deliveries, on average/)
  assert.match(text, /Nothing was verified/)
})
