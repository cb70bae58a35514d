import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  type RoomFacts,
  type StatusAnswer,
  type StatusFacts,
  statusRoute,
} from '../../src/http/routes/status.ts'
import { type RoomName, documentId, parseRoomName } from '../../src/protocol/names.ts'
import { FakeGate, type FakeGateOptions } from '../support/fake-gate.ts'
import { httpFixture } from '../support/http-fixture.ts'

const ADA = { id: 'ada', displayName: 'Ada', color: 'teal' }
const BOB = { id: 'bob', displayName: 'Bob', color: '#c0392b' }

function room(
  kind: 'plain' | 'jupyter',
  name: string,
  people: RoomFacts['people'],
  title?: string,
): RoomFacts {
  return { document: documentId(kind, parseRoomName(name) as RoomName), people, title }
}

const FACTS: StatusFacts = {
  rooms: [
    room('plain', 'lobby', [ADA, BOB]),
    room('jupyter', 'json:notebook:0b1c', [BOB], 'deep/figures.ipynb'),
    room('jupyter', 'JupyterLab:globalAwareness', [ADA]),
  ],
  sessions: 5,
  memory: { used: 1000, limit: 5000 },
  jupyter: 'answers',
  isStoreWritable: true,
  isReady: true,
}

async function ask(t: TestContext, options: FakeGateOptions = {}, facts: StatusFacts = FACTS) {
  const gate = new FakeGate(options)
  const routes = [statusRoute({ gate, version: '1.2.3', startedAt: Date.now() - 5000, facts: () => facts })]
  const { url } = await httpFixture(t, { routes })
  const response = await fetch(`${url}outrigger/api/v1/status`)
  return { status: response.status, body: (await response.json()) as StatusAnswer }
}

test('an editor sees version, uptime, sizes, Jupyter, the store, and everybody in every room', async (t) => {
  const { uptimeMs, ...rest } = (await ask(t)).body
  assert.ok(uptimeMs >= 5000 && uptimeMs < 60_000)
  assert.deepEqual(rest, {
    version: '1.2.3',
    jupyter: 'answers',
    store: 'writable',
    isReady: true,
    roomCount: 3,
    sessionCount: 5,
    memory: { usedBytes: 1000, limitBytes: 5000 },
    rooms: [
      {
        kind: 'plain',
        title: 'lobby',
        personCount: 2,
        people: [
          { name: 'Ada', color: 'teal', isYou: true },
          { name: 'Bob', color: '#c0392b', isYou: false },
        ],
      },
      {
        kind: 'jupyter',
        title: 'deep/figures.ipynb',
        personCount: 1,
        people: [{ name: 'Bob', color: '#c0392b', isYou: false }],
      },
      {
        kind: 'jupyter',
        title: 'JupyterLab',
        personCount: 1,
        people: [{ name: 'Ada', color: 'teal', isYou: true }],
      },
    ],
  })
})

test('a reader sees only the rooms it is in', async (t) => {
  const { body } = await ask(t, { access: 'read' })
  assert.deepEqual(
    body.rooms?.map(({ title }) => title),
    ['lobby', 'JupyterLab'],
  )
})

test('who may not see people gets no rooms, and the rest', async (t) => {
  const { status, body } = await ask(t, { refused: { 'people.list': 'forbidden' } })
  assert.equal(status, 200)
  assert.equal(body.rooms, undefined)
  assert.equal(body.roomCount, 3)
})

test('who may not read the state gets nothing', async (t) => {
  assert.equal((await ask(t, { refuseAll: 'not_signed_in' })).status, 401)
  assert.equal((await ask(t, { refuseAll: 'not_found' })).status, 404)
})

test('a store that cannot write is said', async (t) => {
  const { body } = await ask(t, {}, { ...FACTS, isStoreWritable: false, isReady: false })
  assert.equal(body.store, 'failing')
  assert.equal(body.isReady, false)
})

test('the answer stays small: 200 rooms of 50 people, with the true counts', async (t) => {
  const crowd = Array.from({ length: 60 }, (_, at) => ({ ...BOB, id: `bob${at}` }))
  const rooms = Array.from({ length: 210 }, (_, at) => room('plain', `room-${at}`, at === 0 ? crowd : [BOB]))
  const { body } = await ask(t, {}, { ...FACTS, rooms })
  assert.equal(body.roomCount, 210)
  assert.equal(body.rooms?.length, 200)
  assert.equal(body.rooms?.[0]?.personCount, 60)
  assert.equal(body.rooms?.[0]?.people.length, 50)
})
