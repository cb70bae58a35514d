import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { mergeText } from '../../../src/jupyter/models/merge-text.ts'
import { seed } from './notebook-arbitrary.ts'

const lines = (...parts: string[]): string => parts.join('\n')
const base = lines('a', 'b', 'c', 'd')

const cases: { name: string; base: string; live: string; disk: string; text: string; conflicts: string[] }[] =
  [
    {
      name: 'different lines',
      base,
      live: lines('A', 'b', 'c', 'd'),
      disk: lines('a', 'b', 'c', 'D'),
      text: lines('A', 'b', 'c', 'D'),
      conflicts: [],
    },
    {
      name: 'neighboring lines',
      base,
      live: lines('a', 'B', 'c', 'd'),
      disk: lines('a', 'b', 'C', 'd'),
      text: lines('a', 'B', 'C', 'd'),
      conflicts: [],
    },
    {
      name: 'the last line changed here, a line added after it there',
      base,
      live: lines('a', 'b', 'c', 'D'),
      disk: lines('a', 'b', 'c', 'd', 'e'),
      text: lines('a', 'b', 'c', 'D', 'e'),
      conflicts: [],
    },
    {
      name: 'the same line, differently',
      base,
      live: lines('a', 'mine', 'c', 'd'),
      disk: lines('a', 'theirs', 'c', 'd'),
      text: lines('a', 'mine', 'c', 'd'),
      conflicts: ['theirs'],
    },
    {
      name: 'the same line, alike',
      base,
      live: lines('a', 'X', 'c', 'd'),
      disk: lines('a', 'X', 'c', 'd!'),
      text: lines('a', 'X', 'c', 'd!'),
      conflicts: [],
    },
    {
      name: 'two insertions at one place',
      base,
      live: lines('a', 'mine', 'b', 'c', 'd'),
      disk: lines('a', 'theirs', 'b', 'c', 'd'),
      text: lines('a', 'mine', 'b', 'c', 'd'),
      conflicts: ['theirs'],
    },
    {
      name: 'an insertion that live has already, among more',
      base,
      live: lines('a', 'b', 'c', 'd', 'x', 'y'),
      disk: lines('a', 'b', 'c', 'd', 'x'),
      text: lines('a', 'b', 'c', 'd', 'x', 'y'),
      conflicts: [],
    },
    {
      name: 'a line deleted there and changed here stays changed',
      base,
      live: lines('a', 'B', 'c', 'd'),
      disk: lines('a', 'c', 'd'),
      text: lines('a', 'B', 'c', 'd'),
      conflicts: [],
    },
    {
      name: 'a line deleted here and changed there is a conflict',
      base,
      live: lines('a', 'c', 'd'),
      disk: lines('a', 'B', 'c', 'd'),
      text: lines('a', 'c', 'd'),
      conflicts: ['B'],
    },
    {
      name: 'a stretch that would not merge the same way twice is a conflict, and only that stretch',
      base,
      live: lines('A', 'b', 'c', 'd'),
      disk: lines('a', 'a', 'b', 'c', 'D'),
      text: lines('A', 'b', 'c', 'D'),
      conflicts: [lines('a', 'a')],
    },
    {
      name: 'one conflict does not keep other changes from being taken',
      base,
      live: lines('mine', 'b', 'c', 'd'),
      disk: lines('theirs', 'b', 'c', 'D'),
      text: lines('mine', 'b', 'c', 'D'),
      conflicts: ['theirs'],
    },
  ]

for (const each of cases) {
  test(`[JUPYTER-M17] merging text: ${each.name}`, () => {
    assert.deepEqual(mergeText(each.base, each.live, each.disk), {
      text: each.text,
      conflicts: each.conflicts,
    })
  })
}

const word = fc.constantFrom('a', 'b', 'c', '', 'd', 'e')
const document = fc.array(word, { maxLength: 14 })
const splices = fc.array(
  fc.record({ at: fc.nat(20), remove: fc.nat(2), insert: fc.array(fc.constantFrom('', 'a', 'X', 'Y', 'Z')) }),
  { maxLength: 3 },
)

test('[JUPYTER-M14] [JUPYTER-M16] merged text holds every written line, and merging again changes nothing', () => {
  fc.assert(
    fc.property(document, splices, splices, (baseLines, liveSplices, diskSplices) => {
      const live = edited(baseLines, liveSplices, 'L')
      const disk = edited(baseLines, diskSplices, 'D')
      const merged = mergeText(baseLines.join('\n'), live.join('\n'), disk.join('\n'))
      const here = new Set(merged.text.split('\n'))
      const kept = new Set(merged.conflicts.flatMap((text) => text.split('\n')))
      for (const line of live) assert.ok(!line.startsWith('L') || here.has(line), line)
      for (const line of disk) assert.ok(!line.startsWith('D') || here.has(line) || kept.has(line), line)
      assert.equal(mergeText(baseLines.join('\n'), merged.text, disk.join('\n')).text, merged.text)
    }),
    { seed, numRuns: 4000 },
  )
})

/** Lines of one letter are alike everywhere; `X` to `Z` become lines that only this side has. */
function edited(
  start: readonly string[],
  script: readonly { at: number; remove: number; insert: readonly string[] }[],
  side: string,
): readonly string[] {
  const result = [...start]
  for (const [number, { at, remove, insert }] of script.entries()) {
    const fresh = insert.map((line) =>
      'XYZ'.includes(line) && line !== '' ? `${side}${number}${line}` : line,
    )
    result.splice(at % (result.length + 1), remove, ...fresh)
  }
  return result
}

test('[JUPYTER-M16] merging 200,000 lines works like merging four', () => {
  const big = Array.from({ length: 200_000 }, (_, index) => `line ${index}`)
  const live = big.with(5, 'mine')
  const disk = [...big, 'theirs']
  const merged = mergeText(big.join('\n'), live.join('\n'), disk.join('\n'))
  assert.equal(merged.text, [...live, 'theirs'].join('\n'))
})
