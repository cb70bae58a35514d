/**
 * What the most expensive updates cost until they are cut off, and how far the count is from the truth.
 *
 *   node --import tsx bench/micro/update-cost.ts
 *
 * CPU time, so that other load on the machine matters little. A step is one item that Yjs passes when it
 * looks for an item's place; a move is one entry of a list of structs that makes place for another.
 */
import * as Y from 'yjs'
import { applyWithin } from '../../src/document/apply-within.ts'
import { IntegrationBudget } from '../../src/document/update-cost.ts'
import { inspectUpdate } from '../../src/document/update-inspect.ts'
import { buildUpdate, range, structsOf, text } from '../../test/support/bombs/build.ts'
import { CONFLICT_BOMBS } from '../../test/support/bombs/conflicts.ts'

const LIMITS = { maxSteps: 100_000, maxUnseen: 1_000_000, maxMoves: 100_000_000, isStored: false }
const SIZE = 4000
const ROUNDS = 5

/** A text of one author in some 100,000 pieces. */
function manyPieces(): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = 7
  const content = doc.getText('root')
  for (let i = 0; i < 50_000; i += 1) content.insert((i * 7919) % (i + 1), 'abcdefghij')
  return Y.encodeStateAsUpdate(doc)
}

function measure(name: string, first: Uint8Array, bomb: Uint8Array): void {
  const facts = inspectUpdate(bomb)
  let best = { ms: Number.POSITIVE_INFINITY, steps: 0, moves: 0, end: '' }
  for (let round = 0; round < ROUNDS; round += 1) {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, first)
    const budget = new IntegrationBudget(LIMITS)
    let end = 'applied'
    const start = process.cpuUsage()
    try {
      applyWithin(budget, doc, { update: bomb, facts, origin: 'bench' })
    } catch {
      end = 'cut off'
    }
    const ms = process.cpuUsage(start).user / 1000
    if (ms < best.ms) best = { ms, steps: budget.steps, moves: budget.moves, end }
  }
  console.log(
    name.padEnd(72).slice(0, 72),
    `${(bomb.length / 1024).toFixed(0)} KB`.padStart(7),
    `${best.ms.toFixed(1)} ms`.padStart(9),
    `${best.steps} steps`.padStart(14),
    `${best.moves} moves`.padStart(17),
    best.end,
  )
}

for (const { name, first, bomb } of CONFLICT_BOMBS) measure(name, first(SIZE), bomb(SIZE))
const pieces = manyPieces()
measure(
  'deletes in 20,000 places of 100,000 pieces',
  pieces,
  buildUpdate({ deletes: [{ client: 7, ranges: range(20_000, (i) => [i * 2, 1] as const) }] }),
)
measure(
  'inserts in 10,000 places of 100,000 pieces',
  pieces,
  buildUpdate(
    structsOf(
      9,
      ...range(10_000, (i) => text({ origin: [7, i * 10 + 4], rightOrigin: [7, i * 10 + 5] }, 'z')),
    ),
  ),
)
