/** The growth series, from made-up measurements. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseSeries } from '../../../bench/growth/main.ts'
import { renderGrowth } from '../../../bench/growth/render.ts'
import { GROWTH } from '../../../bench/growth/series.ts'
import { meaningFaults } from '../../../bench/plan/check-meaning.ts'
import { PLAIN_SCENARIO } from '../../../bench/plan/scenario.ts'
import { TIMES } from '../../../bench/sizing/series.ts'
import { ConfigError } from '../../../src/config/fault.ts'
import { sampleResult } from '../support/sample-result.ts'

test('every point of every series is a load that the tool takes', () => {
  for (const series of GROWTH)
    for (const x of series.points) {
      const draft = { ...PLAIN_SCENARIO, ...TIMES, ...series.scenario, roomPrefix: 'growth' }
      const faults = meaningFaults({ ...draft, groups: [series.group(x)] }, true)
      assert.deepEqual(faults, [], `${series.name} ${x}`)
    }
})

test('from point to point only the one thing grows: a large room gets no more edits than a small one', () => {
  const clients = GROWTH.find(({ name }) => name === 'clients')
  assert.ok(clients !== undefined)
  const edits = clients.points.map((x) => clients.group(x)).map(({ writers, rate }) => writers * rate)
  assert.deepEqual([...new Set(edits)], [20])
})

test('the page has a table, plots and a command for each series', () => {
  const result = sampleResult()
  const series = GROWTH.map((one) => ({ series: one, points: one.points.map((x) => ({ x, result })) }))
  const { markdown, plots } = renderGrowth({ series, date: '2026-01-02', commit: 'abc' })
  for (const { name, title, points } of GROWTH) {
    assert.ok(markdown.includes(`## ${title}`))
    assert.ok(markdown.includes(`npm run bench:growth -- --only ${name}`))
    assert.ok(markdown.includes(`| ${points.at(-1)} |`))
    assert.ok(markdown.includes(`growth/${name}-1.svg`))
  }
  for (const [name, svg] of plots) assert.match(svg, /^<svg/, name)
})

test('one series and a quick run print their page, and unknown flags are told', () => {
  assert.deepEqual(
    chooseSeries(['--only', 'history']).chosen.map(({ name }) => name),
    ['history'],
  )
  assert.equal(chooseSeries([]).isPartial, false)
  assert.ok(chooseSeries(['--quick']).chosen.every(({ points }) => points.length === 2))
  assert.throws(() => chooseSeries(['--only', 'nothing']), ConfigError)
  assert.throws(() => chooseSeries(['--often']), ConfigError)
})
