import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../../src/http/pages/client/access/api.ts'
import { Feed } from '../../../src/http/pages/client/access/feed.ts'

function feedByHand() {
  const questions: ((value: string) => void)[] = []
  const shown: string[] = []
  const feed = new Feed<string>(
    () =>
      new Promise<Answer<string>>((resolve) => {
        questions.push((value) => resolve({ ok: true, value }))
      }),
    (answer) => shown.push(answer.ok ? answer.value : 'fault'),
  )
  return { feed, questions, shown }
}

test('an answer that was overtaken by a newer question is not shown', async () => {
  const { feed, questions, shown } = feedByHand()
  const both = [feed.refresh(), feed.refresh()]
  questions[1]?.('new')
  questions[0]?.('old')
  await Promise.all(both)
  assert.deepEqual(shown, ['new'])
})

test('an answer to a question from before a change is not shown, the next one is', async () => {
  const { feed, questions, shown } = feedByHand()
  const before = feed.refresh()
  feed.outdate()
  questions[0]?.('before the change')
  await before
  assert.deepEqual(shown, [])
  const next = feed.refresh()
  questions[1]?.('after the change')
  await next
  assert.deepEqual(shown, ['after the change'])
})
