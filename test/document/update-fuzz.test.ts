/**
 * Hostile updates: mutated real ones, and well-formed ones that no editor would write. What passes
 * may do no harm to the document that takes it.
 *
 * Known rest, of those that no editor would write: some 1 in 100 is put in another order by whoever loads
 * the document later, which only a comparison can see.
 *
 * FUZZ_SCALE=50 plays that many times as much; FC_SEED another game.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { applyWithin } from '../../src/document/apply-within.ts'
import { isApplicable } from '../../src/document/update-applicable.ts'
import { IntegrationBudget } from '../../src/document/update-cost.ts'
import { inspectUpdate, type UpdateFacts } from '../../src/document/update-inspect.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import { hostileUpdate } from '../support/hostile-update.ts'
import { mutate } from '../support/mutate.ts'
import { edit, person, type Random, REMOTE, seededRandom } from '../support/random-document.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)
const SCALE = Number(process.env['FUZZ_SCALE'] ?? 1)
const DOCUMENTS = 15 * SCALE
/** Of updates that are only inspected. */
const MUTATIONS_EACH = 2000
const UPDATES_EACH = 60

const LIMITS = { maxSteps: 100_000, maxUnseen: 1_000_000, maxMoves: 100_000_000, isStored: false }

type Outcomes = {
  refused: number
  unknown: number
  applied: number
  misplaced: number
  threw: number
  reordered: number
}

type Scene = {
  readonly state: Uint8Array
  readonly known: ReadonlyMap<number, number>
  readonly real: readonly Uint8Array[]
}

function scene(random: Random): Scene {
  const people = [person(random), person(random), person(random)]
  const states: Uint8Array[] = []
  for (let i = 0; i < 50; i += 1) {
    const [someone, other] = [random.pick(people), random.pick(people)]
    edit(someone, random)
    Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(someone.doc, Y.encodeStateVector(other.doc)), REMOTE)
    if (i === 30) states.push(...people.map(({ doc }) => Y.encodeStateAsUpdate(doc)))
  }
  const real = people.flatMap(({ doc, sent }) => [...sent.slice(-20), Y.encodeStateAsUpdate(doc)])
  const state = Y.mergeUpdates(states)
  return { state, known: knownOf(state), real: real.filter((update) => update.length < 4000) }
}

/** Throws nothing but `SyncError`, and is quick about it. */
function inspect(update: Uint8Array): UpdateFacts | undefined {
  // CPU time, and a second chance: a garbage collection may fall into the first.
  for (let attempt = 0; ; attempt += 1) {
    const start = process.cpuUsage()
    try {
      return inspectUpdate(update)
    } catch (error) {
      assert.ok(error instanceof SyncError, String(error))
      assert.match(error.code, /^(malformed_message|too_large)$/)
      return undefined
    } finally {
      const ms = process.cpuUsage(start).user / 1000
      assert.ok(ms < 20 || attempt === 0, `${ms} ms for ${Buffer.from(update).toString('hex')}`)
    }
  }
}

function isPending(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}

/** Everything visible, in order. */
function visible(doc: Y.Doc): unknown {
  return [...doc.share]
    .map(([name, type]) => [name, visibleIn(type)] as const)
    .filter(([, content]) => content.length > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function visibleIn(type: { _start: Y.Item | null; _map: Map<string, Y.Item> }): unknown[] {
  const seen: unknown[] = []
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted) seen.push(...shown(item))
  for (const [key, item] of [...type._map].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!item.deleted) seen.push([key, ...shown(item)])
  }
  return seen
}

function shown({ content }: Y.Item): unknown[] {
  if (content instanceof Y.ContentType) return [visibleIn(content.type)]
  if (content instanceof Y.ContentFormat) return [[content.key, content.value]]
  if (content instanceof Y.ContentDoc) return [content.doc.guid]
  return content.getContent()
}

function apply(state: Uint8Array, update: Uint8Array, outcomes: Outcomes): void {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, state)
  const facts = inspect(update)
  if (facts === undefined) {
    outcomes.refused += 1
    return
  }
  if (!isApplicable(facts, (client) => Y.getState(doc.store, client))) {
    outcomes.unknown += 1
    return
  }
  outcomes.applied += 1
  try {
    applyWithin(new IntegrationBudget(LIMITS), doc, { update, facts, origin: 'fuzz' })
  } catch (error) {
    outcomes[error instanceof SyncError ? 'misplaced' : 'threw'] += 1
  }
  assert.equal(isPending(doc), false)
  const reloaded = new Y.Doc()
  Y.applyUpdate(reloaded, Y.encodeStateAsUpdate(doc))
  assert.equal(isPending(reloaded), false)
  if (!isEqual(visible(doc), visible(reloaded))) outcomes.reordered += 1
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b)
    return true
  } catch {
    return false
  }
}

function knownOf(state: Uint8Array): Map<number, number> {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, state)
  return Y.decodeStateVector(Y.encodeStateVector(doc))
}

/** Yjs reports subdocuments that it meets twice. */
function withoutConsole(run: () => void): void {
  const { error } = console
  console.error = () => {}
  try {
    run()
  } finally {
    console.error = error
  }
}

function run(make: (scene: Scene, random: Random) => Uint8Array): Outcomes {
  const outcomes: Outcomes = { refused: 0, unknown: 0, applied: 0, misplaced: 0, threw: 0, reordered: 0 }
  withoutConsole(() => {
    for (let i = 0; i < DOCUMENTS; i += 1) {
      const random = seededRandom(SEED + i)
      const play = scene(random)
      for (let j = 0; j < UPDATES_EACH; j += 1) apply(play.state, make(play, random), outcomes)
    }
  })
  return outcomes
}

test(`a mutated update is refused, waits, or does no harm (seed ${SEED})`, (t) => {
  const outcomes = run(({ real }, random) => mutate(random.pick(real), real, random))
  t.diagnostic(JSON.stringify(outcomes))
  assert.ok(outcomes.refused > 500 && outcomes.applied > 15, JSON.stringify(outcomes))
  assert.ok(outcomes.threw <= SCALE, JSON.stringify(outcomes))
  assert.ok(outcomes.reordered <= 4 * SCALE, JSON.stringify(outcomes))
})

test(`a well-formed hostile update leaves nothing pending and the document loadable (seed ${SEED})`, (t) => {
  const outcomes = run(({ known }, random) => hostileUpdate(known, random))
  t.diagnostic(JSON.stringify(outcomes))
  assert.ok(outcomes.applied > 500, JSON.stringify(outcomes))
  assert.ok(outcomes.threw <= SCALE && outcomes.misplaced > 100, JSON.stringify(outcomes))
  assert.ok(outcomes.reordered <= outcomes.applied / 50, JSON.stringify(outcomes))
})

test(`the inspector throws nothing but refusals, and gives the same facts each time (seed ${SEED})`, (t) => {
  let [refused, accepted] = [0, 0]
  for (let i = 0; i < DOCUMENTS; i += 1) {
    const random = seededRandom(SEED + 1000 + i)
    const { real } = scene(random)
    for (let j = 0; j < MUTATIONS_EACH; j += 1) {
      const update = mutate(random.pick(real), real, random)
      const facts = inspect(update)
      if (facts === undefined) refused += 1
      else accepted += 1
      if (facts !== undefined && j % 10 === 0) assert.deepEqual(inspectUpdate(update), facts)
    }
  }
  t.diagnostic(JSON.stringify({ refused, accepted }))
  assert.ok(refused > 4 * accepted && accepted > 100)
})
