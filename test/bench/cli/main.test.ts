/** The command as it is run, against servers with known faults. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { RunResult } from '../../../bench/result.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { bench } from '../support/bench-command.ts'
import { type Faults, startFaultyServer } from '../support/faulty-server.ts'

async function urlOf(t: TestContext, faults: Faults = {}): Promise<string> {
  const server = await startFaultyServer(faults)
  t.after(() => server.close())
  return server.roomUrl
}

const SHORT = '--clients 3 --writers 2 --rate 20 --for 500ms --warm-up 200ms --drain 1s'.split(' ')

test('a run prints its summary, writes what was asked for and ends with 0', async (t) => {
  const folder = await tempDir(t)
  const [json, html] = [join(folder, 'r.json'), join(folder, 'r.html')]
  const url = await urlOf(t)
  const { code, stdout, stderr } = await bench(
    '--url',
    url,
    ...SHORT,
    '--token',
    'hush',
    '--json',
    json,
    '--html',
    html,
  )
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, /all converged, nothing is missing\.\n\nPASS\n$/)
  assert.match(stderr, /starting 0 %/)
  const result = JSON.parse(readFileSync(json, 'utf8')) as RunResult
  assert.equal(result.isPass, true)
  assert.ok((result.groups[0]?.deliveries ?? 0) > 0)
  const page = readFileSync(html, 'utf8')
  assert.match(page, /<svg/)
  assert.match(page, /outrigger bench --url/)
  for (const text of [stdout, stderr, page, readFileSync(json, 'utf8')]) assert.ok(!text.includes('hush'))
})

test('a server that loses edits is found out: exit code 1, with the room and what is missing', async (t) => {
  const { code, stdout } = await bench('--url', await urlOf(t, { losesEach: 5 }), ...SHORT)
  assert.equal(code, 1)
  assert.match(stdout, /FAILED\./)
  assert.match(stdout, /FAIL: .*verification failed/)
})

test('--json alone gives stdout to the machine, and --quiet keeps stderr to the summary', async (t) => {
  const { code, stdout, stderr } = await bench('--url', await urlOf(t), ...SHORT, '--json', '--quiet')
  assert.equal(code, 0)
  assert.equal((JSON.parse(stdout) as RunResult).isPass, true)
  assert.match(stderr, /^custom · y-websocket/)
  assert.match(stderr, /PASS\n$/)
})

test('--pid and --data bring the CPU, the memory and the disk of a running server', async (t) => {
  const data = await tempDir(t)
  const { stdout } = await bench(
    '--url',
    await urlOf(t),
    ...SHORT,
    '--pid',
    String(process.pid),
    '--data',
    data,
    '--json',
  )
  const { server } = JSON.parse(stdout) as RunResult
  assert.equal(server?.pid, process.pid)
  assert.ok((server?.rssBytesAfter ?? 0) > 10_000_000)
  assert.equal(server?.diskBytes, 0)
})

test('what is wrong before the run is told in one message, without a run', async (t) => {
  const folder = await tempDir(t)
  for (const [args, code, message] of [
    [['--rooms', 'x'], 2, /^outrigger bench: --rooms: "x" is not a whole number/],
    [['--json', join(folder, 'none', 'r.json'), ...SHORT], 2, /--json: .*none.*cannot be written/],
    [['--html', folder, ...SHORT], 2, /--html: .*cannot be written/],
    [
      ['--url', 'ws://127.0.0.1:9/{room}', '--pid', '4194303', ...SHORT],
      2,
      /--pid: there is no process 4194303/,
    ],
    [
      ['--url', 'ws://127.0.0.1:9/{room}', '--start', 'echo no such luck; exit 3', ...SHORT],
      1,
      /no such luck/,
    ],
  ] as const) {
    const ended = await bench(...args)
    assert.equal(ended.code, code, ended.stderr)
    assert.match(ended.stderr, message)
    assert.equal(ended.stdout, '')
    assert.ok(!ended.stderr.includes('    at '))
  }
  assert.ok(!existsSync(join(folder, 'none')))
})

test('the help lists every flag and every profile', async () => {
  const { FLAGS } = await import('../../../bench/plan/flags.ts')
  const { PROFILE_NAMES } = await import('../../../bench/plan/profiles.ts')
  for (const args of [['--help'], ['help'], ['--rooms', '3', '-h']]) {
    const { code, stdout } = await bench(...args)
    assert.equal(code, 0)
    for (const { name } of FLAGS) assert.ok(stdout.includes(`--${name}`), name)
    for (const name of PROFILE_NAMES) assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'))
  }
})
