import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { closest, editDistance } from '../../src/config/suggest.ts'

const seed = Number(process.env['FC_SEED'] ?? 20_260_101)
const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })

test('the distance is zero only for equal words, symmetric, and at most the longer length', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b)
      assert.equal(distance === 0, a === b)
      assert.equal(distance, editDistance(b, a))
      assert.ok(distance >= Math.abs(a.length - b.length) && distance <= Math.max(a.length, b.length))
    }),
    { seed },
  )
})

test('one insertion, removal, replacement or swap is distance one', () => {
  for (const typo of ['prt', 'poort', 'pork', 'prot']) assert.equal(editDistance(typo, 'port'), 1, typo)
})

test('the closest word is suggested only when it is close', () => {
  assert.equal(closest('prot', ['host', 'port']), 'port')
  assert.equal(closest('idleunloadms', ['idleUnloadMs']), 'idleUnloadMs')
  assert.equal(closest('quetzal', ['host', 'port']), undefined)
  assert.equal(closest('x', ['host']), undefined)
})
