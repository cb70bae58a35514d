import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { documentClientId, MEMBER, memberClientId } from '../../../bench/typing/client-id.ts'
import { between, createRandom, hashFraction, logNormal } from '../../../bench/typing/random.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)

function draw(...path: readonly (string | number)[]): number[] {
  const random = createRandom(1, ...path)
  return Array.from({ length: 20 }, () => random.next())
}

test('a path gives the same numbers each time, another path others', () => {
  assert.deepEqual(draw('room', 1, 'keys'), draw('room', 1, 'keys'))
  const paths = [['a', 1], ['a', 2], ['b', 1], ['a', '1', ''], ['a1'], [1, 'a']].map((path) =>
    draw(...path).join(),
  )
  assert.equal(new Set(paths).size, paths.length)
})

test('first numbers of neighboring streams are spread evenly', () => {
  const buckets = Array.from({ length: 10 }, () => 0)
  for (let room = 0; room < 10_000; room += 1) {
    const bucket = Math.floor(createRandom(3, 'group', room).next() * 10)
    buckets[bucket] = (buckets[bucket] ?? 0) + 1
  }
  for (const count of buckets) assert.ok(count > 850 && count < 1150, buckets.join(' '))
})

test('whole numbers include both ends', () => {
  const random = createRandom(1)
  const seen = new Set(Array.from({ length: 200 }, () => between(random, 3, 6)))
  assert.deepEqual(
    [...seen].toSorted((a, b) => a - b),
    [3, 4, 5, 6],
  )
})

test('log-normal numbers have the mean that was asked for', () => {
  const random = createRandom(1, 'normal')
  let sum = 0
  for (let i = 0; i < 50_000; i += 1) sum += logNormal(random, 6, 0.7)
  assert.ok(Math.abs(sum / 50_000 - 6) < 0.15, String(sum / 50_000))
})

test('a fraction is from 0 to below 1 and needs no fraction before it', () => {
  const fractions = Array.from({ length: 1000 }, (_, i) => hashFraction(9, 'move', i))
  assert.ok(fractions.every((fraction) => fraction >= 0 && fraction < 1))
  assert.equal(hashFraction(9, 'move', 500), fractions[500])
  const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length
  assert.ok(Math.abs(mean - 0.5) < 0.05)
})

test('no two members of a room have the same client id, nor one of its document', () => {
  const members = [
    ...Array(4000).keys(),
    MEMBER.outputs,
    ...[...Array(4000).keys()].map((i) => MEMBER.others + i),
  ]
  fc.assert(
    fc.property(fc.integer(), fc.string(), fc.nat(5000), (seed, group, room) => {
      const ids = members.map((member) => memberClientId({ seed, group, room }, member))
      ids.push(...[0, 1, 2].map((writer) => documentClientId(seed, room, writer)))
      assert.equal(new Set(ids).size, ids.length)
      assert.ok(ids.every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 31))
    }),
    { seed: SEED, numRuns: 30 },
  )
})
