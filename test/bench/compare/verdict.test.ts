import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from '../../../bench/compare/verdict.ts'
import { SEEN_LOST, SUSTAINED } from '../../../bench/compare/metrics.ts'
import { PLAIN_RAMP } from '../../../bench/plan/scenario.ts'
import { GROUP, failed, measured, result, step } from './sample-records.ts'

const WHERE = { target: 'hocuspocus' }
const { scenario } = result()
const killed = { ...scenario, kill: { after: 'last-delivery', seconds: 0 } } as const
const ramped = { ...scenario, ramp: PLAIN_RAMP }
const loss = { seen: 300, lost: 300, sent: 310, sentLost: 310, backAfterMs: 200 }
const notOk = { isOk: false, rooms: 1, clients: 1, editsChecked: 0, failures: ['an edit is missing'] }

test('a server that relays nothing is not slow or fast', () => {
  const groups = [{ ...GROUP, deliveries: 0 }]
  assert.deepEqual(judge(measured(WHERE, { groups, verification: notOk })), {
    isCounted: false,
    words: 'relayed nothing',
  })
})

test('what did not arrive is named, and the run does not count', () => {
  const verdict = judge(measured(WHERE, { groups: [{ ...GROUP, deliveries: 899 }] }))
  assert.deepEqual(verdict, { isCounted: false, words: '1 of 900 deliveries missing' })
})

test('edits lost at a kill are the figure, so that the run counts although verification failed', () => {
  const record = measured(WHERE, { scenario: killed, kill: loss, verification: notOk })
  assert.deepEqual(judge(record), { isCounted: true, words: 'lost 300 of 300' })
  assert.equal(record.outcome.kind === 'measured' ? SEEN_LOST.of(record.outcome.result) : undefined, 300)
})

test('a kill after which nothing is missing is said so; one before which nothing was seen says nothing', () => {
  const with_ = (kill: typeof loss) => judge(measured(WHERE, { scenario: killed, kill })).words
  assert.equal(with_({ ...loss, lost: 0 }), 'nothing lost')
  assert.equal(with_({ ...loss, seen: 0, lost: 0 }), 'nothing was seen before the kill')
})

test('what a step above the limit left behind is no failure of the search', () => {
  const groups = [{ ...GROUP, deliveries: 500 }]
  const steps = [step(10, true), step(20, false)]
  assert.equal(judge(measured(WHERE, { scenario: ramped, steps, groups })).isCounted, true)
})

test('edits that are missing after the last step are told, and count only if that step was sustained', () => {
  const overloaded = { scenario: ramped, steps: [step(10, true), step(20, false)], verification: notOk }
  assert.deepEqual(judge(measured(WHERE, overloaded)), {
    isCounted: true,
    words: 'ok; above that rate: an edit is missing',
  })
  const unnoticed = { ...overloaded, steps: [step(10, true), step(20, true)] }
  assert.deepEqual(judge(measured(WHERE, unnoticed)), { isCounted: false, words: 'an edit is missing' })
})

test('a server that does not keep up with the first step has no rate', () => {
  const verdict = judge(measured(WHERE, { scenario: ramped, steps: [step(10, false)] }))
  assert.equal(verdict.isCounted, false)
  assert.match(verdict.words, /first step: p99 of 500 ms/)
})

test('a crash is told in its own words, cut to a length that fits a table', () => {
  const { isCounted, words } = judge(failed(WHERE, `it ended: ${'x'.repeat(500)}`))
  assert.equal(isCounted, false)
  assert.match(words, /^did not finish: it ended: x+…$/)
  assert.ok(words.length <= 120)
})

test('a rate is not the server’s limit when the step above it was lost by the generator, or there was none', () => {
  const isLimited = (...steps: ReturnType<typeof step>[]) => SUSTAINED.isGeneratorLimited(result({ steps }))
  assert.equal(isLimited(step(10, true), step(20, false)), false)
  assert.equal(isLimited(step(10, true), step(20, false, true)), true)
  assert.equal(isLimited(step(10, true), step(20, true)), true)
  // A server that fills its core is at its own limit too.
  const full = { ...step(20, false, true), serverCpuShare: 0.98 }
  assert.equal(isLimited(step(10, true), full), false)
  // The refinement between the two decides, not the step far above.
  assert.equal(isLimited(step(10, true), step(40, false, true), step(20, false)), false)
})
