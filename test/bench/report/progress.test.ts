import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { PHASES } from '../../../bench/progress.ts'
import { createProgress, overallShare } from '../../../bench/report/progress.ts'

const POINT = { atMs: 500, editsPerSecond: 900, deliveriesPerSecond: 8100, p50Ms: 1.2, p99Ms: 5.4, errors: 2 }

function stream(isTTY: boolean): { stream: PassThrough & { isTTY: boolean }; text: () => string } {
  const through = Object.assign(new PassThrough(), { isTTY, columns: 200, rows: 24 })
  let text = ''
  through.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { stream: through, text: () => text }
}

test('elsewhere than on a terminal there is a line each 5 s, with the errors from the beginning', () => {
  const { stream: out, text } = stream(false)
  let at = 0
  const view = createProgress({ stream: out, isQuiet: false, nowMs: () => at })
  for (; at < 12_000; at += 500) view.show({ phase: 'load', done: at / 20_000, point: POINT })
  view.end()
  const lines = text().trimEnd().split('\n')
  assert.deepEqual(lines, [
    'load 10 %: 900 /s edits, 8,100 /s deliveries, p50 1.20 ms, p99 5.40 ms, 2 errors',
    'load 30 %: 900 /s edits, 8,100 /s deliveries, p50 1.20 ms, p99 5.40 ms, 22 errors',
    'load 50 %: 900 /s edits, 8,100 /s deliveries, p50 1.20 ms, p99 5.40 ms, 42 errors',
  ])
})

test('on a terminal there is a bar with live figures, and it is taken away at the end', () => {
  const { stream: out, text } = stream(true)
  const view = createProgress({ stream: out, isQuiet: false, title: '3/9 joins' })
  view.show({ phase: 'connect', done: 0 })
  view.show({ phase: 'load', done: 0.5, point: POINT })
  view.end()
  view.end()
  assert.match(
    text(),
    /3\/9 joins .*load 900 \/s edits, 8,100 \/s deliveries, p50 1\.20 ms, p99 5\.40 ms, 2 errors/,
  )
  // The cursor is shown again.
  assert.ok(text().lastIndexOf('\u001b[?25h') > text().lastIndexOf('\u001b[?25l'))
})

test('with --quiet there is nothing', () => {
  for (const isTTY of [true, false]) {
    const { stream: out, text } = stream(isTTY)
    const view = createProgress({ stream: out, isQuiet: true })
    view.show({ phase: 'load', done: 0.5, point: POINT })
    view.end()
    assert.equal(text(), '')
  }
})

test('the share of the whole never goes back from phase to phase', () => {
  const shares = PHASES.flatMap((phase) => [0, 0.5, 1, 7].map((done) => overallShare({ phase, done })))
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => a - b),
  )
  assert.equal(shares[0], 0)
  assert.equal(shares.at(-1), 1)
})
