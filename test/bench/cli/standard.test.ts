import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BENCH, LIMITS } from '../../../bench/config.ts'
import { meaningFaults } from '../../../bench/plan/check-meaning.ts'
import { faultsOf } from '../../../bench/plan/check-fields.ts'
import { settle } from '../../../bench/plan/draft.ts'
import { PLAN_SCHEMA } from '../../../bench/plan/schema.ts'
import { renderSection } from '../../../bench/report/table.ts'
import { figuresSection, isMet } from '../../../bench/standard/figures.ts'
import { STANDARD_LOADS } from '../../../bench/standard/loads.ts'
import { startNotebookHost } from '../../../bench/standard/notebook-host.ts'
import { GROUP, sampleRamp, sampleResult, times } from '../support/sample-result.ts'

const TEN_MINUTES = 600

test('each load of the standard set is a valid scenario, and all together take less than ten minutes', () => {
  let seconds = 0
  for (const { name, scenario } of STANDARD_LOADS) {
    const nameOf = (path: readonly (string | number)[]): string => path.join('.')
    assert.deepEqual(faultsOf({ field: PLAN_SCHEMA, value: scenario, nameOf }), [], name)
    const draft = settle({ plan: { name, ...scenario }, roomPrefix: 'r' })
    assert.deepEqual(meaningFaults(draft, true), [], name)
    const { ramp, warmUpSeconds, forSeconds, drainSeconds } = draft
    const steps = ramp === undefined ? 0 : Math.ceil(Math.log2(ramp.to / ramp.from)) + 1 + ramp.refine
    seconds +=
      ramp === undefined
        ? warmUpSeconds + forSeconds + drainSeconds
        : steps * (ramp.stepSeconds + drainSeconds)
  }
  // With every drain taken to its end, which only a failing server does.
  assert.ok(seconds < TEN_MINUTES, `${seconds} s`)
})

test('a limit is missed at the limit, by a rate below it, and by a figure that is not there', () => {
  const time = { what: 'w', limit: 30, unit: 'ms' } as const
  assert.deepEqual(
    [29.9, 30, undefined, Number.NaN].map((value) => isMet({ ...time, value })),
    [true, false, false, false],
  )
  const lost = { what: 'w', limit: 0, unit: '' } as const
  assert.deepEqual(
    [0, 1].map((value) => isMet({ ...lost, value })),
    [true, false],
  )
  const rate = { what: 'w', limit: 10, unit: '/s', isMoreBetter: true } as const
  assert.deepEqual(
    [9, 10, 11].map((value) => isMet({ ...rate, value })),
    [false, true, true],
  )
})

test('the figures of before are still promised', () => {
  assert.deepEqual(
    [LIMITS.deliveryP50Ms, LIMITS.deliveryP99Ms, LIMITS.rssBytes, LIMITS.readyMs],
    [5, 30, 150 * 1024 * 1024, 1000],
  )
  assert.deepEqual([BENCH.typing.people, BENCH.typing.keysPerSecond], [2, 10])
})

test('figures are read off the results they belong to', () => {
  const figuresOf = (name: string, result = sampleResult()) =>
    STANDARD_LOADS.find((load) => load.name === name)
      ?.figures(result)
      .map(({ value }) => value)
  assert.deepEqual(figuresOf('typing'), [2, 6])
  assert.deepEqual(figuresOf('presence'), [12])
  assert.deepEqual(figuresOf('ramp', sampleRamp()), [5400])
  const groups = [
    { ...GROUP, allJoinedMs: 700 },
    { ...GROUP, latency: times(7) },
  ]
  assert.deepEqual(figuresOf('joins', sampleResult({ groups })), [700, 21])
  const kill = { seen: 10, lost: 1, sent: 10, sentLost: 1, backAfterMs: 900 }
  assert.deepEqual(figuresOf('kill', sampleResult({ kill })), [1, 900])
  assert.deepEqual(figuresOf('kill'), [undefined, undefined], 'a kill that did not happen is no success')
})

test('the table marks what is missed, and what the load tool limited', () => {
  const text = renderSection(
    figuresSection([
      { what: 'a time', value: 1234.5, limit: 1000, unit: 'ms' },
      { what: 'memory', value: 112.14, limit: 150, unit: 'MiB', isGeneratorLimited: true },
      { what: 'a rate', value: undefined, limit: 10_000, unit: '/s', isMoreBetter: true },
    ]),
  )
  assert.match(text, /a time +1,235 ms +< 1,000 ms +MISS/)
  assert.match(text, /memory +112\.1 MiB † +< 150 MiB +ok/)
  assert.match(text, /a rate +none +≥ 10,000 \/s +MISS/)
  assert.match(text, /† The load tool was the bottleneck/)
})

test('the notebook host gives a notebook of the size asked for, with its hash when only asked about it', async (t) => {
  const host = await startNotebookHost(BENCH.memory.notebookBytes, BENCH.memory.cells)
  t.after(() => host.close())
  const ask = async (query: string) =>
    (await (await fetch(new URL(`api/contents/a.ipynb?${query}`, host.url))).json()) as {
      content: { cells: { source: string }[] } | null
      size: number
      hash: string
    }
  const whole = await ask('type=notebook')
  assert.equal(whole.content?.cells.length, BENCH.memory.cells)
  assert.ok(Math.abs(whole.size - BENCH.memory.notebookBytes) < 0.1 * BENCH.memory.notebookBytes)
  const facts = await ask('content=0&hash=1')
  assert.equal(facts.content, null)
  assert.equal(facts.hash, whole.hash)
})
