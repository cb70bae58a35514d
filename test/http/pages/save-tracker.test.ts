import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type SaveState, SaveTracker } from '../../../src/http/pages/client/save-tracker.ts'
import { until } from '../../support/until.ts'

function tracked() {
  let questions = 0
  const states: SaveState[] = []
  const tracker = new SaveTracker({
    ask: () => (questions += 1),
    onChange: (state) => states.push(state),
    gatherMs: 1,
  })
  return {
    tracker,
    states,
    asked: (count: number) => until(() => questions === count),
    questions: () => questions,
  }
}

test('an edit is saved only when a question asked after it was answered', async () => {
  const { tracker, asked } = tracked()
  tracker.connected()
  tracker.answered()
  assert.equal(tracker.state, 'saved')
  tracker.edited()
  assert.equal(tracker.state, 'saving')
  await asked(1)
  tracker.edited()
  tracker.answered()
  assert.equal(tracker.state, 'saving')
  await asked(2)
  tracker.answered()
  assert.equal(tracker.state, 'saved')
})

test('edits of a burst share one question', async () => {
  const { tracker, asked, questions } = tracked()
  tracker.connected()
  tracker.answered()
  for (let edit = 0; edit < 50; edit += 1) tracker.edited()
  await asked(1)
  tracker.answered()
  assert.equal(tracker.state, 'saved')
  assert.equal(questions(), 1)
})

test("the provider's own first question proves nothing about what was typed while offline", async () => {
  const { tracker, asked } = tracked()
  tracker.edited()
  assert.equal(tracker.state, 'unsent')
  tracker.connected()
  tracker.answered()
  assert.equal(tracker.state, 'saving')
  await asked(1)
  tracker.answered()
  assert.equal(tracker.state, 'saved')
})

test('a lost connection takes its questions along', async () => {
  const { tracker, asked } = tracked()
  tracker.connected()
  tracker.answered()
  tracker.edited()
  await asked(1)
  tracker.disconnected()
  assert.equal(tracker.state, 'unsent')
  tracker.connected()
  tracker.answered()
  assert.equal(tracker.state, 'saving')
  await asked(2)
  tracker.answered()
  assert.equal(tracker.state, 'saved')
})

test('without edits there is nothing unsent when the connection goes', () => {
  const { tracker, states } = tracked()
  tracker.connected()
  tracker.answered()
  tracker.disconnected()
  assert.deepEqual(states, ['idle', 'saved', 'idle'])
})

test('it never says saved before the server has every edit', async () => {
  type Step = 'edit' | 'connect' | 'disconnect' | 'answer' | 'wait'
  const steps = fc.array(fc.constantFrom<Step>('edit', 'connect', 'disconnect', 'answer', 'wait'), {
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      let edits = 0
      let written = 0
      let isConnected = false
      /** What the server will have written when it answers each question under way. */
      let underWay: number[] = []
      const tracker = new SaveTracker({ ask: () => underWay.push(edits), onChange: () => {}, gatherMs: 0 })
      for (const step of sequence) {
        if (step === 'edit') {
          edits += 1
          tracker.edited()
        } else if (step === 'connect' && !isConnected) {
          isConnected = true
          underWay = [written]
          tracker.connected()
        } else if (step === 'disconnect' && isConnected) {
          isConnected = false
          tracker.disconnected()
        } else if (step === 'answer' && isConnected && underWay.length > 0) {
          written = Math.max(written, underWay.shift() ?? 0)
          tracker.answered()
        } else if (step === 'wait') await new Promise((resolve) => setTimeout(resolve, 2))
        if (tracker.state === 'saved' || tracker.state === 'idle') assert.equal(written, edits)
      }
      tracker.disconnected()
    }),
    { seed: Number(process.env['FC_SEED'] ?? 20261124), numRuns: 60 },
  )
})
