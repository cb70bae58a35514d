import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Group, PLAIN_GROUP } from '../../../bench/plan/scenario.ts'
import { createAuthor } from '../../../bench/typing/author.ts'
import { createDocument } from '../../../bench/typing/documents.ts'
import {
  type PresenceMoment,
  type PresencePlan,
  presenceSchedule,
  presenceState,
} from '../../../bench/typing/presence.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)

function planOf(change: Partial<Group>, client = 0): PresencePlan {
  const group = { ...PLAIN_GROUP, ...change }
  return {
    seed: 1,
    group,
    room: 0,
    client,
    fromMs: 0,
    toMs: 60_000,
    places: [{ client: 5, clock: 10, length: 90 }],
  }
}

function times(moments: readonly PresenceMoment[]): number[] {
  return moments.map(({ atMs }) => atMs)
}

test("a presence state has JupyterLab's fields and weighs what published frames weigh", () => {
  const group = {
    ...PLAIN_GROUP,
    document: { shape: 'notebook', bytes: 9000, cells: 3, storedAs: 0 } as const,
  }
  const base = createDocument(group.document, 1, 0).states
  const author = createAuthor({ seed: 1, group, room: 0, author: 0, base, keepsUpdates: true })
  const edits = author.write({ index: 0, rate: 10, durationMs: 5000 })
  const state = presenceState(3, 'Anonymous Callisto', edits.at(-1)?.cursor)
  assert.ok(state.length > 430 && state.length < 530, `${state.length} bytes`)
  const parsed = JSON.parse(state) as { user: Record<string, unknown>; cursors: unknown }
  assert.deepEqual(Object.keys(parsed), ['user', 'cursors', 'autosave'])
  assert.deepEqual(Object.keys(parsed.user), [
    'username',
    'name',
    'display_name',
    'initials',
    'avatar_url',
    'color',
  ])
  assert.match(String(parsed.user['username']), /^[0-9a-f]{32}$/)
  assert.equal(parsed.user['initials'], 'AC')
  assert.deepEqual(parsed.cursors, edits.at(-1)?.cursor)
})

test('people have names of their own, and a state without a cursor has no field for it', () => {
  assert.notEqual(presenceState(1, 'Ada'), presenceState(2, 'Ada'))
  assert.equal('cursors' in (JSON.parse(presenceState(1, 'Ada')) as object), false)
})

test('a presence is renewed regularly, each client at its own time', () => {
  const all = [0, 1, 2, 3].map((client) => times(presenceSchedule(planOf({ renewSeconds: 15 }, client))))
  for (const [first = -1, ...rest] of all) {
    assert.ok(first >= 0 && first < 15_000)
    for (const [i, at] of rest.entries()) assert.ok(Math.abs(at - first - (i + 1) * 15_000) < 1e-6)
    assert.equal(rest.length, 3)
  }
  assert.equal(new Set(all.map(([first]) => first)).size, 4)
})

test('a cursor moves at its rate to identifiers of the document, and then needs no renewals', () => {
  const moments = presenceSchedule(planOf({ renewSeconds: 15, cursorRate: 5 }))
  assert.equal(moments.length, 300)
  for (const { cursor } of moments) {
    const { item } = cursor?.[0]?.anchor ?? assert.fail('not a move')
    assert.equal(item?.client, 5)
    assert.ok(item.clock >= 10 && item.clock < 100)
  }
})

test('in a room without a document a cursor that moves says something new each time', () => {
  const moments = presenceSchedule({ ...planOf({ cursorRate: 5 }), places: [] })
  const states = moments.map(({ cursor }) => presenceState(1, 'Ada', cursor))
  for (const [i, state] of states.entries()) assert.notEqual(state, states[i - 1])
})

test('somebody who moves rarely renews too', () => {
  const moments = presenceSchedule(planOf({ renewSeconds: 15, cursorRate: 0.05 }))
  assert.equal(moments.filter(({ cursor }) => cursor === undefined).length, 4)
  assert.equal(moments.filter(({ cursor }) => cursor !== undefined).length, 3)
  assert.deepEqual(
    times(moments),
    times(moments).toSorted((a, b) => a - b),
  )
})

test('parts of a run that follow each other give what the whole gives', () => {
  const cut = fc.integer({ min: 0, max: 60_000 })
  fc.assert(
    fc.property(cut, cut, fc.constantFrom(0, 0.1, 3), fc.nat(50), (a, b, cursorRate, client) => {
      const plan = planOf({ renewSeconds: 7, cursorRate }, client)
      const cuts = [0, Math.min(a, b), Math.max(a, b), 60_000]
      const parts = cuts.slice(1).flatMap((toMs, i) => {
        const fromMs = cuts[i] ?? 0
        return presenceSchedule({ ...plan, fromMs, toMs }).map((moment) => ({
          ...moment,
          atMs: moment.atMs + fromMs,
        }))
      })
      const whole = presenceSchedule(plan)
      assert.deepEqual(
        parts.map(({ cursor }) => cursor),
        whole.map(({ cursor }) => cursor),
      )
      for (const [i, atMs] of times(parts).entries()) assert.ok(Math.abs(atMs - times(whole)[i]!) < 1e-6)
    }),
    { seed: SEED, numRuns: 100 },
  )
})

test('without presence there is nothing to send', () => {
  assert.deepEqual(presenceSchedule(planOf({})), [])
})
