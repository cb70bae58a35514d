import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Session } from '../../src/room/session.ts'
import { Vigil } from '../../src/room/vigil.ts'

const KEEP_ALIVE_MS = 20_000
const RELEASE_MS = 30_000

/** Sessions that count how often a sweep comes to them. */
function vigilFixture(people: number) {
  let now = 0
  let looks = 0
  let releases = 0
  let lookedAfter = 0
  const state = { isRestless: false }
  const sessions = new Set(
    Array.from({ length: people }, () => {
      let lastSentAt = 0
      return {
        get lastSentAt() {
          looks += 1
          return lastSentAt
        },
        get isRestless() {
          return state.isRestless
        },
        keepAlive: () => (lastSentAt = now),
        lookAfter: () => (lookedAfter += 1),
      } as unknown as Session
    }),
  )
  const feed = {
    releaseIfUnused: (at: number) => {
      releases += 1
      return at + RELEASE_MS
    },
  }
  const vigil = new Vigil({ policy: { keepAliveMs: KEEP_ALIVE_MS }, sessions, feed })
  const sweepFor = (ms: number): void => {
    for (const end = now + ms; now < end;) {
      now += 1000
      if (vigil.isDue(now)) vigil.sweep(now)
    }
  }
  const [first] = sessions
  return { vigil, sessions, state, first: first!, sweepFor, counts: () => ({ looks, releases, lookedAfter }) }
}

test('[ROOM-88] a room at rest is looked at once in the time of a keep-alive', () => {
  const { sweepFor, counts } = vigilFixture(10)
  sweepFor(KEEP_ALIVE_MS)
  const before = counts()
  sweepFor(10 * KEEP_ALIVE_MS)
  const after = counts()
  assert.equal(after.releases - before.releases, 10)
  assert.equal(after.looks - before.looks, 10 * 2 * 10)
})

test('[ROOM-88] a room that was stirred is looked at by the next sweep', () => {
  const { vigil, sweepFor, counts } = vigilFixture(1)
  sweepFor(5000)
  const { releases } = counts()
  vigil.stir()
  sweepFor(5000)
  assert.equal(counts().releases, releases + 1)
})

test('[ROOM-88] whoever is restless is looked after in every sweep, until they are not any more or leave', () => {
  const { vigil, state, first, sessions, sweepFor, counts } = vigilFixture(3)
  state.isRestless = true
  vigil.watch(first)
  sweepFor(5000)
  assert.equal(counts().lookedAfter, 5)
  state.isRestless = false
  sweepFor(5000)
  assert.equal(counts().lookedAfter, 6)
  state.isRestless = true
  vigil.watch(first)
  sessions.delete(first)
  vigil.leave(first)
  vigil.watch(first)
  sweepFor(5000)
  assert.equal(counts().lookedAfter, 6)
})
