import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../../src/config/fault.ts'
import { parseCompareOptions } from '../../../bench/compare/options.ts'
import { planRuns, turned } from '../../../bench/compare/plan.ts'
import { TARGETS } from '../../../bench/compare/targets.ts'
import { WORKLOADS, scenarioFor } from '../../../bench/compare/workloads.ts'
import { measured } from './sample-records.ts'

const plan = { workloads: WORKLOADS, targets: TARGETS, repetitions: 3, done: [] }
const names = (runs: ReturnType<typeof planRuns>) =>
  runs.map(({ workload, target, repetition }) => `${workload.name}/${target.name}/${repetition}`)

test('every server of a workload is run once in each repetition', () => {
  const all = names(planRuns(plan))
  assert.equal(new Set(all).size, all.length)
  for (const workload of WORKLOADS) {
    const taking = TARGETS.filter(workload.takesPart).length
    assert.equal(all.filter((name) => name.startsWith(`${workload.name}/`)).length, taking * 3)
  }
})

test('another server begins in each repetition, and none always follows the same', () => {
  const orders = [1, 2, 3].map((repetition) => turned(TARGETS, repetition))
  assert.equal(new Set(orders.map(([first]) => first?.name)).size, 3)
  const pairs = orders.map((order) => order.slice(1).map((target, i) => `${order[i]?.name} ${target.name}`))
  assert.deepEqual(
    pairs[0]?.filter((pair) => pairs[1]?.includes(pair)),
    [],
  )
})

test('runs that were made are not made again when the comparison is resumed', () => {
  const done = [measured({ workload: 'idle', target: 'outrigger', repetition: 2 })]
  const left = names(planRuns({ ...plan, done }))
  assert.equal(left.length, planRuns(plan).length - 1)
  assert.ok(!left.includes('idle/outrigger/2'))
})

test('each workload has Outrigger in it and something to compare it with', () => {
  for (const workload of WORKLOADS) {
    const kinds = new Set(TARGETS.filter(workload.takesPart).map(({ kind }) => kind))
    assert.ok(kinds.has('outrigger') && kinds.has('peer'), workload.name)
  }
})

test('only servers that store documents are killed or loaded cold', () => {
  const storing = WORKLOADS.filter(({ load }) => load.kill !== undefined || load.restartBeforeJoin)
  assert.equal(storing.length, 5)
  for (const workload of storing)
    for (const target of TARGETS.filter(workload.takesPart)) assert.ok(target.doesPersist, target.name)
})

test('a scenario gets its protocol, address and rooms from the target', () => {
  const hocuspocus = TARGETS.find(({ name }) => name === 'hocuspocus')
  const [workload] = WORKLOADS
  assert.ok(hocuspocus !== undefined && workload !== undefined)
  const scenario = scenarioFor(workload.load, hocuspocus, { url: 'ws://127.0.0.1:1/', roomPrefix: 'p-' })
  assert.equal(scenario.protocol, 'hocuspocus')
  assert.equal(scenario.url, 'ws://127.0.0.1:1/')
  assert.equal(scenario.roomPrefix, 'p-')
})

test('flags choose workloads, servers and repetitions', () => {
  const options = parseCompareOptions(['--only', 'idle,typing-10x10', '--targets=hocuspocus', '--quick'])
  assert.deepEqual(
    options.workloads.map(({ name }) => name),
    ['typing-10x10', 'idle'],
  )
  assert.deepEqual(
    options.targets.map(({ name }) => name),
    ['hocuspocus'],
  )
  assert.equal(options.repetitions, 1)
  assert.equal(options.isWhole, false)
  assert.equal(
    options.command,
    'npm run bench:compare -- --only idle,typing-10x10 --targets=hocuspocus --quick',
  )
})

test('all that is wrong with the flags is said at once, with what was probably meant', () => {
  assert.throws(
    () => parseCompareOptions(['--only', 'idel', '--targets', 'hocuspocs', '--repetitions', '0']),
    (error) => {
      assert.ok(error instanceof ConfigError)
      assert.deepEqual(
        error.faults.map(({ key }) => key),
        ['--only', '--targets', '--repetitions'],
      )
      assert.match(error.message, /Did you mean idle\?/)
      assert.match(error.message, /Did you mean hocuspocus\?/)
      return true
    },
  )
  assert.throws(() => parseCompareOptions(['--fast']), /--fast/)
  assert.throws(() => parseCompareOptions(['--quick', '--repetitions', '3']), /--quick: cannot be combined/)
})
