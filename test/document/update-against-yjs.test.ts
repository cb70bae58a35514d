/**
 * The inspector against Yjs itself: it must take everything that Yjs writes, because a refusal ends
 * somebody's connection, and must foresee whether Yjs would integrate it at once.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { isApplicable } from '../../src/document/update-applicable.ts'
import { inspectUpdate } from '../../src/document/update-inspect.ts'
import { addsNothing } from '../../src/document/update-novelty.ts'
import { edit, type Person, person, type Random, REMOTE, seededRandom } from '../support/random-document.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)
const DOCUMENTS = 60
const EDITS = 60

type Counts = { applied: number; pending: number; withGap: number; known: number }

function isPending(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc({ gc: doc.gc })
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  return copy
}

function offer(server: Y.Doc, update: Uint8Array, counts: Counts): void {
  const facts = inspectUpdate(update)
  if (facts.hasSkip) counts.withGap += 1
  const isExpected = isApplicable(facts, (client) => Y.getState(server.store, client))
  const isKnown = addsNothing(update, facts, server)
  const target = isExpected ? server : copyOf(server)
  if (isExpected) assert.equal(isKnown, Y.snapshotContainsUpdate(Y.snapshot(server), update))
  else assert.equal(isKnown, false)
  Y.applyUpdate(target, update)
  assert.equal(isPending(target), !isExpected)
  counts[isExpected ? 'applied' : 'pending'] += 1
  if (isKnown) counts.known += 1
}

/** Something of what a network and Yjs's own functions make of the edits. */
function updatesFrom(
  people: readonly Person[],
  someone: Person,
  random: Random,
  server: Y.Doc,
): Uint8Array[] {
  const updates: Uint8Array[] = []
  switch (random.int(7)) {
    case 0:
      updates.push(...someone.sent.splice(0))
      break
    case 1:
      updates.push(...someone.sent.slice(-1))
      break
    case 2: {
      const some = someone.sent.filter(() => random.chance(0.6))
      if (some.length > 0) updates.push(Y.mergeUpdates(some))
      break
    }
    case 3: {
      const some = people.flatMap(({ sent }) => sent.filter(() => random.chance(0.3)))
      if (some.length < 2) break
      const merged = Y.mergeUpdates(some)
      updates.push(merged, Y.diffUpdate(merged, Y.encodeStateVector(server)))
      break
    }
    case 4:
      updates.push(Y.encodeStateAsUpdate(someone.doc, Y.encodeStateVector(server)))
      break
    case 5:
      updates.push(Y.encodeStateAsUpdate(someone.doc))
      break
  }
  return updates
}

function play(seed: number, counts: Counts): Y.Doc {
  const random = seededRandom(seed)
  const people = Array.from({ length: 2 + random.int(3) }, () => person(random, random.chance(0.8)))
  const server = new Y.Doc({ gc: random.chance(0.85) })
  for (let i = 0; i < EDITS; i += 1) {
    const someone = random.pick(people)
    edit(someone, random)
    const other = random.pick(people)
    if (other !== someone) {
      const update = Y.encodeStateAsUpdate(someone.doc, Y.encodeStateVector(other.doc))
      Y.applyUpdate(other.doc, update, REMOTE)
    }
    for (const update of updatesFrom(people, someone, random, server)) offer(server, update, counts)
  }
  return server
}

test(`what Yjs writes is accepted, and Yjs integrates it exactly when that is foreseen (seed ${SEED})`, () => {
  const counts: Counts = { applied: 0, pending: 0, withGap: 0, known: 0 }
  for (let i = 0; i < DOCUMENTS; i += 1) {
    const server = play(SEED + i, counts)
    const whole = Y.encodeStateAsUpdate(server)
    assert.equal(
      isApplicable(inspectUpdate(whole), () => 0),
      true,
    )
    assert.equal(addsNothing(whole, inspectUpdate(whole), server), true)
  }
  assert.ok(
    Object.values(counts).every((count) => count > 100),
    JSON.stringify(counts),
  )
})
