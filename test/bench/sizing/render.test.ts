/** docs/sizing.md from made-up measurements. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capacityOf, roughly } from '../../../bench/sizing/arithmetic.ts'
import { sizingProfiles } from '../../../bench/sizing/profiles.ts'
import { renderSizing } from '../../../bench/sizing/render.ts'
import { SERIES } from '../../../bench/sizing/series.ts'
import { planBench } from '../../../bench/plan/options.ts'
import { PLAIN_GROUP } from '../../../bench/plan/scenario.ts'
import { sampleResult } from '../support/sample-result.ts'

const surroundings = { readFile: () => '', roomPrefix: 'test' }

test('a core carries in proportion up to its usable share, a gigabyte what is above the empty server', () => {
  const result = sampleResult()
  const [step] = result.steps
  assert.ok(step !== undefined && result.server !== undefined)
  const group = { ...PLAIN_GROUP, rooms: 10, clients: 4 }
  const capacity = capacityOf({
    ...result,
    scenario: { ...result.scenario, groups: [group] },
    steps: [{ ...step, serverCpuShare: 0.2 }],
    server: { ...result.server, rssBytesBefore: 100e6, rssBytesPeak: 120e6 },
  })
  // 40 people at 20 % of a core, of which 70 % may be used; 20 MB for them.
  assert.equal(Math.round(capacity?.peoplePerCore ?? 0), 140)
  assert.equal(Math.round(capacity?.peoplePerGigabyte ?? 0), 2000)
})

test('figures are promised with two digits', () => {
  assert.equal(roughly(1234), '1,200')
  assert.equal(roughly(0.0456), '0.046')
})

test('each series and profile names a command that gives the load that was measured', () => {
  for (const series of SERIES)
    for (const x of series.points) {
      const plan = planBench(series.command(x).split(' ').slice(2), surroundings)
      assert.ok(plan.kind === 'run')
      const { name: _, ...measured } = series.group(x)
      const { name: __, ...commanded } = plan.draft.groups[0] ?? PLAIN_GROUP
      // The rate of rooms without writers is nothing that anybody sees.
      assert.deepEqual({ ...commanded, rate: measured.rate }, measured, `${series.name} ${x}`)
      if (measured.writers > 0) assert.equal(commanded.rate, measured.rate)
    }
  for (const { command, draft } of sizingProfiles()) {
    const plan = planBench(command.split(' ').slice(2), surroundings)
    assert.ok(plan.kind === 'run')
    assert.deepEqual({ ...plan.draft, roomPrefix: '' }, { ...draft, roomPrefix: '' })
  }
})

test('the page has a table and plots for each series, and says when a run failed', () => {
  const result = sampleResult()
  const [series] = SERIES
  assert.ok(series !== undefined)
  const { markdown, plots } = renderSizing({
    series: [{ series, points: [2, 4].map((x) => ({ x, result: { ...result, isPass: x === 2 } })) }],
    profiles: [{ name: 'class', command: 'outrigger bench --profile class', result }],
    date: '2026-01-02',
    commit: 'abc',
  })
  assert.match(markdown, /\| class \|/)
  assert.match(markdown, /\| 4 \|.*verification failed/)
  assert.equal(plots.size, 4)
  for (const [name, svg] of plots) {
    assert.ok(markdown.includes(`sizing/${name}`), name)
    assert.match(svg, /^<svg/)
  }
})
