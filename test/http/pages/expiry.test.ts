import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  chosenExpiry,
  momentText,
  relativeText,
  untilText,
} from '../../../src/http/pages/client/access/expiry.ts'

const NOW = new Date('2026-05-03T12:00:00Z')
const after = (ms: number): string => new Date(NOW.getTime() + ms).toISOString()
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test('a choice becomes what the API takes', () => {
  const choose = (choice: string, moment = '') => chosenExpiry({ choice, moment }, NOW)
  assert.deepEqual(choose('keep'), { ok: true, expires: undefined })
  assert.deepEqual(choose('never'), { ok: true, expires: null })
  assert.deepEqual(choose('7d'), { ok: true, expires: '7d' })
  const local = '2030-01-31T18:30'
  assert.deepEqual(choose('at', local), { ok: true, expires: new Date(local).toISOString() })
})

test('a moment that is missing or over is refused before it is sent, with a sentence', () => {
  for (const moment of ['', '2030-13-01T00:00', '2020-01-01T00:00']) {
    const chosen = chosenExpiry({ choice: 'at', moment }, NOW)
    assert.equal(chosen.ok, false, moment)
    assert.match(chosen.sentence, /^[A-Z].*\.$/)
  }
})

test('a time is told by its largest whole unit, and what was just begun is told whole', () => {
  const cases: [number, string][] = [
    [DAY - 2 * SECOND, 'in 1 day'],
    [DAY - MINUTE, 'in 23 hours'],
    [3 * DAY + 5 * HOUR, 'in 3 days'],
    [HOUR, 'in 1 hour'],
    [5 * MINUTE, 'in 5 minutes'],
    [10 * SECOND, 'in less than a minute'],
    [-10 * SECOND, 'just now'],
    [-5 * HOUR, '5 hours ago'],
    [-40 * DAY, '40 days ago'],
  ]
  for (const [ms, text] of cases) assert.equal(relativeText(after(ms), NOW), text)
})

test('an end is still to come until its very moment', () => {
  assert.equal(untilText(null, NOW), 'no end')
  assert.equal(untilText(undefined, NOW), 'no end')
  assert.equal(untilText(after(1), NOW), 'ends in less than a minute')
  assert.equal(untilText(after(0), NOW), 'ended just now')
  assert.match(momentText(after(0)), /2026/)
})
