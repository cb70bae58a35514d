import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BenchPlan, planBench } from '../../../bench/plan/options.ts'
import { PLAIN_SCENARIO } from '../../../bench/plan/scenario.ts'
import { ConfigError } from '../../../src/config/fault.ts'

type Run = Extract<BenchPlan, { kind: 'run' }>

const FILES: Readonly<Record<string, string>> = {
  'plan.yaml': 'name: mine\nforSeconds: 20s\ngroups: [{name: a, clients: 7, rate: 3}, {name: b}]\n',
  'kill.yaml': 'kill: {after: last-delivery, seconds: 100ms}\n',
  'ramp.yaml': 'ramp: {p99Ms: 50ms, factor: 4}\n',
}

function plan(...args: string[]): BenchPlan {
  return planBench(args, {
    roomPrefix: 'r',
    readFile: (path) => {
      const text = FILES[path]
      if (text === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' })
      return text
    },
  })
}

function run(...args: string[]): Run {
  const planned = plan(...args)
  assert.equal(planned.kind, 'run')
  return planned as Run
}

test('without a load the standard set is run', () => {
  assert.deepEqual(plan(), { kind: 'standard', output: { json: undefined, html: undefined, isQuiet: false } })
  assert.deepEqual(plan('--json', '--quiet'), {
    kind: 'standard',
    output: { json: '-', html: undefined, isQuiet: true },
  })
})

test('a load without an address is for a fresh Outrigger', () => {
  const { server, draft } = run('--clients', '3')
  assert.deepEqual(server, { kind: 'fresh' })
  assert.equal(draft.url, undefined)
  assert.equal(draft.groups[0]?.clients, 3)
  assert.equal(draft.forSeconds, PLAIN_SCENARIO.forSeconds)
})

test('the command line of the issue is read', () => {
  const url = 'ws://127.0.0.1:1234/{room}'
  const args = '--rooms 10 --clients 20 --writers 5 --rate 5 --for 30s'.split(' ')
  const { draft, server } = run('--url', url, ...args)
  assert.equal(draft.url, url)
  assert.equal(draft.forSeconds, 30)
  const [group] = draft.groups
  assert.deepEqual([group?.rooms, group?.clients, group?.writers, group?.rate], [10, 20, 5, 5])
  assert.deepEqual(server, { kind: 'running', pid: undefined, data: undefined })
})

test('every key that a flag sets arrives', () => {
  const { draft } = run(
    ...'--typing human --document notebook --document-size 1MB --cursors 2.5 --renew 15s --seed 9 --workers 2'.split(
      ' ',
    ),
    ...'--warm-up 500ms --drain 1m --origin http://x --url ws://localhost:1/ --token t --cookie c'.split(' '),
  )
  const [group] = draft.groups
  assert.deepEqual(group?.document, { shape: 'notebook', bytes: 1_000_000, cells: 0, storedAs: 0 })
  assert.deepEqual([group?.typing, group?.cursorRate, group?.renewSeconds], ['human', 2.5, 15])
  assert.deepEqual([draft.seed, draft.workers, draft.warmUpSeconds, draft.drainSeconds], [9, 2, 0.5, 60])
  assert.deepEqual([draft.origin, draft.token, draft.cookie], ['http://x', 't', 'c'])
})

test('flags win over the plan file, which wins over the profile, which wins over the defaults', () => {
  const profiled = run('--profile', 'class').draft
  assert.deepEqual([profiled.name, profiled.groups[0]?.rooms, profiled.forSeconds], ['class', 10, 30])
  const planned = run('--profile', 'class', '--plan', 'plan.yaml').draft
  assert.deepEqual([planned.name, planned.groups.length, planned.forSeconds], ['mine', 2, 20])
  assert.equal(planned.drainSeconds, 30, 'of the profile')
  assert.deepEqual([planned.groups[0]?.clients, planned.groups[0]?.rooms], [7, 1], 'groups are replaced')
  const flagged = run('--profile', 'class', '--plan', 'plan.yaml', '--clients', '9', '--for', '5s').draft
  assert.deepEqual(
    [flagged.groups[0]?.clients, flagged.groups[1]?.clients, flagged.groups[0]?.rate, flagged.forSeconds],
    [9, 2, 3, 5],
  )
})

test('--ramp and --json may stand alone or take a value', () => {
  assert.equal(run('--ramp').draft.ramp?.p99Ms, 100)
  assert.equal(run('--ramp', '--json').draft.ramp?.p99Ms, 100)
  assert.deepEqual(run('--ramp', '50ms', '--ramp-from', '4').draft.ramp?.from, 4)
  assert.equal(run('--ramp', '50ms').draft.ramp?.p99Ms, 50)
  assert.equal(run('--ramp=1s', '--json', 'r.json').output.json, 'r.json')
  assert.equal(run('--ramp', '--json').output.json, '-')
  assert.deepEqual(run('--plan', 'ramp.yaml', '--ramp-to', '64').draft.ramp, {
    p99Ms: 50,
    from: 1,
    to: 64,
    factor: 4,
    refine: 1,
    stepSeconds: 4,
  })
})

test('--start names the command, and the address its port', () => {
  const args = '--url ws://127.0.0.1:1234/{room} --kill-after 3s --data /d'.split(' ')
  const { server, draft } = run(...args, '--start', 'node server.js')
  assert.deepEqual(server, { kind: 'command', command: 'node server.js', port: 1234, data: '/d' })
  assert.deepEqual(draft.kill, { after: 'start', seconds: 3 })
})

test('a host of this machine is loaded, another one only when it is said to be meant', () => {
  for (const host of ['localhost', '127.0.0.1', '127.8.9.10', '[::1]', 'LOCALHOST', '127.1'])
    assert.equal(run('--url', `ws://${host}:1/{room}`).kind, 'run', host)
  for (const host of [
    'example.com',
    '10.0.0.1',
    '0.0.0.0',
    '[::2]',
    'localhost.example.com',
    '127.0.0.1.example.com',
  ]) {
    refused(['--url', `ws://${host}:1/{room}`], /is not this machine.*--i-may-load-this-host/)
    assert.equal(run('--url', `ws://${host}:1/{room}`, '--i-may-load-this-host').kind, 'run', host)
  }
})

test('credentials in front of a foreign host do not make it this machine', () => {
  refused(['--url', 'ws://localhost:x@example.com/{room}'], /example\.com is not this machine/)
})

function refused(args: readonly string[], message: RegExp): void {
  assert.throws(
    () => plan(...args),
    (error) => {
      assert.ok(error instanceof ConfigError, String(error))
      assert.match(error.message, message, args.join(' '))
      return true
    },
  )
}

const URL_FLAG = ['--url', 'ws://127.0.0.1:1/{room}']

for (const [args, message] of [
  [['--roms', '3'], /^--roms: is not a flag of the load tool\. Did you mean --rooms\?$/],
  [['--quetzalcoatl'], /`outrigger bench --help` lists the flags/],
  [['--rooms'], /--rooms.*--help/],
  [['--quiet=1'], /--quiet.*--help/],
  [['now'], /now.*--help/],
  [['--rooms', '0'], /--rooms: 0 is not a whole number from 1/],
  [['--rooms', '1.5'], /--rooms: 1\.5 is not a whole number/],
  [['--rooms', ''], /--rooms: "" is not a whole number/],
  [['--rate', '-1'], /--rate/],
  [['--for', '30x'], /--for: "30x" is not a time.*30s/],
  [['--document-size', 'big'], /--document-size: "big" is not a size/],
  [['--typing', 'humn'], /--typing: "humn" is not one of steady, human\. Did you mean human\?/],
  [['--protocol', 'hocus'], /--protocol: "hocus" is not one of/],
  [['--workers', '1000'], /--workers/],
  [['--profile', 'clas'], /--profile: "clas" is not a profile\. Did you mean class\?/],
  [['--profile', 'zzzzzz'], /There are pair, team/],
  [['--plan', 'none.yaml'], /--plan: the file none\.yaml does not exist/],
  [['--url', 'nonsense'], /"nonsense" is not the address of a server.*ws:\/\//],
  [['--url', 'ftp://localhost/'], /is not the address of a server/],
  [['--clients', '2', '--writers', '3'], /--writers.*3 writers are more than the 2 clients.*--clients 3/],
  [['--document-size', '1MB'], /an empty document has no size.*--document/],
  [['--document', 'notebook'], /a notebook needs a size.*--document-size/],
  [['--kill-after', '3s', ...URL_FLAG], /--kill-after.*needs a server that this run starts.*--start/],
  [['--kill-after', '30s'], /30 s is not within the load, which lasts 12 s.*--for 35s/],
  [['--plan', 'kill.yaml', ...URL_FLAG], /needs a server that this run starts/],
  [['--profile', 'cold-load', ...URL_FLAG], /restartBeforeJoin: needs a server/],
  [['--profile', 'restart-storm', ...URL_FLAG], /kill.*needs a server/],
  [['--profile', 'lecture', '--for', '5s'], /arrive until 20 s, and the load ends after 7 s/],
  [['--start', 'x'], /--start: says something of a server that is not named.*--url/],
  [['--start', 'x', '--pid', '1', ...URL_FLAG], /--pid: cannot be combined with --start/],
  [['--start', 'x', '--url', 'ws://example.com/{room}', '--i-may-load-this-host'], /--start.*example\.com/],
  [['--data', '/d', ...URL_FLAG], /--data.*--pid/],
  [['--protocol', 'jupyter'], /jupyter needs a server that speaks it.*--url/],
  [['--ramp', '--writers', '0'], /there are none.*--writers 1/],
  [['--ramp', '--ramp-from', '9', '--ramp-to', '3'], /9 is above --ramp-to 3/],
  [['--ramp-from', '9'], /--ramp-from: is nothing without --ramp/],
  [['--ramp', '--kill-after', '1s'], /cannot be combined with a kill/],
  [['--ramp', '--for', '9s'], /--for: is not used by a ramp/],
  [['--ramp', '--warm-up', '9s'], /--warm-up: is not used by a ramp.*stepSeconds/],
  [['--ramp', '--rate', '9'], /--rate: is not used by a ramp.*--ramp-from/],
  [['--plan', 'ramp.yaml', '--for', '9s'], /--for: is not used by a ramp/],
  [['--plan', 'plan.yaml', '--ramp-to', '9'], /--ramp-to: is nothing without --ramp/],
] as const satisfies readonly (readonly [readonly string[], RegExp])[]) {
  test(`"${args.join(' ')}" is refused with the flag and the fix`, () => refused(args, message))
}

test('several faults are told together', () => {
  refused(['--rooms', 'x', '--rate', 'y'], /2 things are wrong:\n {2}- --rooms.*\n {2}- --rate/)
})
