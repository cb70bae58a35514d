import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { documentAlias } from '../../src/app/activity.ts'
import { type ActivityAnswer, type ActivityFacts, roomsRoute } from '../../src/http/routes/rooms.ts'
import { Distribution } from '../../src/observability/distribution.ts'
import { DelayWindow } from '../../src/observability/delay-window.ts'
import { ProcessWatch } from '../../src/observability/process-facts.ts'
import { documentId, parseRoomName } from '../../src/protocol/names.ts'
import type { RoomActivity } from '../../src/room/room-views.ts'
import { FakeGate, type FakeGateOptions } from '../support/fake-gate.ts'
import { httpFixture } from '../support/http-fixture.ts'

function room(name: string, sessions: number, edits = 0): RoomActivity {
  const traffic = { frames: 0, edits, editBytes: 10, deliveries: 20, sentBytes: 30, lastEditAt: 0 }
  return {
    document: documentId('plain', parseRoomName(name)!),
    state: 'open',
    people: 1,
    sessions,
    lagging: 0,
    traffic,
    stateBytes: 1000,
    pendingBytes: 0,
    idleMs: 5,
  }
}

function factsWith(rooms: readonly RoomActivity[]): ActivityFacts {
  const watch = new ProcessWatch(new DelayWindow())
  const reading = new Distribution([1]).read()
  const names = ['inspect', 'wait', 'apply', 'commit', 'fanOut', 'broadcast'] as const
  const facts = {
    isStoreWritable: true,
    connections: 3,
    sessions: 3,
    people: 2,
    lagging: 0,
    pendingBytes: 0,
    roomStates: { open: rooms.length },
    process: watch.read(),
    counters: {
      receivedBytes: 1,
      edits: 2,
      deliveries: 3,
      sentBytes: 4,
      commitRecords: 5,
      refusals: 6,
      presenceReceived: 7,
      presenceSent: 8,
    },
    times: Object.fromEntries(names.map((name) => [name, reading])) as ActivityFacts['times'],
    rooms,
  }
  return facts
}

async function ask(
  t: TestContext,
  options: FakeGateOptions & { isOpenToLocalCallers?: boolean; rooms?: readonly RoomActivity[] } = {},
) {
  const { isOpenToLocalCallers = false, rooms = [room('secret-plans', 2)], ...gateOptions } = options
  const route = roomsRoute({
    gate: new FakeGate(gateOptions),
    isOpenToLocalCallers,
    version: '1.2.3',
    startedAt: Date.now() - 5000,
    readiness: () => ({ ready: true, reasons: [] }),
    facts: () => factsWith(rooms),
    titleOf: async (document) => (document === 'plain/by-id' ? 'notes/a b.ipynb' : undefined),
    aliasOf: documentAlias(),
  })
  const { url } = await httpFixture(t, { routes: [route] })
  const response = await fetch(`${url}outrigger/api/v1/rooms`)
  const text = await response.text()
  return { status: response.status, text, body: JSON.parse(text) as ActivityAnswer }
}

test('whoever manages sees sums, sizes and every room by its name', async (t) => {
  const { status, body } = await ask(t, { access: 'manage', rooms: [room('lobby', 2, 7), room('by-id', 1)] })
  assert.equal(status, 200)
  assert.equal(body.version, '1.2.3')
  assert.equal(body.areNamesShown, true)
  assert.equal(body.counters.edits, 2)
  assert.deepEqual(body.times.commit, { bounds: [1], counts: [0, 0], sum: 0 })
  assert.deepEqual(
    body.rooms.map(({ name }) => name),
    ['lobby', 'notes/a b.ipynb'],
  )
  const { key, ...first } = body.rooms[0]!
  assert.match(key, /^[\w-]{8}$/)
  assert.deepEqual(first, {
    name: 'lobby',
    state: 'open',
    people: 1,
    sessions: 2,
    lagging: 0,
    stateBytes: 1000,
    pendingBytes: 0,
    idleMs: 5,
    edits: 7,
    deliveries: 20,
    receivedBytes: 10,
    sentBytes: 30,
  })
})

for (const [options, status] of [
  [{ access: 'edit' }, 403],
  [{ access: 'read' }, 403],
  [{ refuseAll: 'not_signed_in' }, 401],
  [{ refuseAll: 'not_found' }, 404],
] as const) {
  test(`${JSON.stringify(options)} gets ${status} and no room`, async (t) => {
    const answer = await ask(t, options)
    assert.equal(answer.status, status)
    assert.ok(!answer.text.includes('secret-plans'))
  })
}

test('a program on this machine sees the rooms, told apart, without their names', async (t) => {
  const rooms = [room('secret-plans', 2), room('other-plans', 1)]
  const { status, text, body } = await ask(t, {
    refuseAll: 'not_signed_in',
    isOpenToLocalCallers: true,
    rooms,
  })
  assert.equal(status, 200)
  assert.equal(body.areNamesShown, false)
  assert.ok(!text.includes('plans'))
  assert.equal(new Set(body.rooms.map(({ key }) => key)).size, 2)
})

test('an alias is the same at every look, and cannot be guessed from the name', () => {
  const [one, other] = [documentAlias(), documentAlias()]
  const document = documentId('plain', parseRoomName('lobby')!)
  assert.equal(one(document), one(document))
  assert.notEqual(one(document), other(document))
})

test('the answer stays small: 500 rooms, the fullest and then the busiest, with the true count', async (t) => {
  const rooms = Array.from({ length: 600 }, (_, at) => room(`r${at}`, at === 599 ? 9 : 0, at))
  const { body } = await ask(t, { access: 'manage', rooms })
  assert.equal(body.roomCount, 600)
  assert.equal(body.rooms.length, 500)
  assert.deepEqual(
    body.rooms.slice(0, 3).map(({ name }) => name),
    ['r599', 'r598', 'r597'],
  )
})
