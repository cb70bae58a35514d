import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseBytes, parseMilliseconds, parseSeconds } from '../../../bench/plan/quantity.ts'

const seed = Number(process.env['FC_SEED'] ?? 20261124)

test('times are read in milliseconds, seconds, minutes and hours; bare ones in the unit of their key', () => {
  for (const [text, seconds] of [
    ['500ms', 0.5],
    ['30s', 30],
    ['1.5m', 90],
    ['2h', 7200],
    [' 7 ', 7],
    ['0', 0],
  ] as const)
    assert.equal(parseSeconds(text), seconds, text)
  assert.equal(parseMilliseconds('100'), 100)
  assert.equal(parseMilliseconds('100ms'), 100)
  assert.equal(parseMilliseconds('0.25s'), 250)
})

test('sizes are read in powers of 1000, and of 1024 where the unit says so', () => {
  for (const [text, bytes] of [
    ['512', 512],
    ['200KB', 200_000],
    ['1MB', 1_000_000],
    ['1.5 mb', 1_500_000],
    ['1MiB', 1_048_576],
    ['1GB', 1e9],
  ] as const)
    assert.equal(parseBytes(text), bytes, text)
})

test('what is no quantity is none', () => {
  for (const text of ['', 'x', '-1s', '1d', '1e3', '30 s s', 's', '0x10', '1,5s'])
    assert.equal(parseSeconds(text), undefined, text)
  for (const text of ['', 'MB', '1TB', '-5', '1 M B']) assert.equal(parseBytes(text), undefined, text)
})

test('every whole number of a unit is read back exactly', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (count) => {
      assert.equal(parseMilliseconds(`${count}ms`), count)
      assert.equal(parseSeconds(`${count}m`), count * 60)
      assert.equal(parseBytes(`${count}KB`), count * 1000)
    }),
    { seed },
  )
})
