/**
 * Every named bomb through a real socket, into a room on a real store. Refused or made harmless: the
 * room and the disk hold what they held before, and everybody else goes on working.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { CLOSE_REASONS } from '../../src/protocol/close-reason.ts'
import { ERRORS, type ErrorCode } from '../../src/protocol/errors.ts'
import { buildUpdate, map, range, span, structsOf, text } from '../support/bombs/build.ts'
import { CONFLICT_BOMBS } from '../support/bombs/conflicts.ts'
import { awarenessFrame, overReadFrame, step1Frame, syncFrame } from '../support/bombs/messages.ts'
import { UPDATE_BOMBS } from '../support/bombs/updates.ts'
import { testDocument } from '../support/room-fixture.ts'
import { startRoomServer } from '../support/room-server.ts'
import { until } from '../support/until.ts'

type FrameBomb = {
  readonly name: string
  /** Undefined: its sender may stay. */
  readonly code: ErrorCode | undefined
  readonly frames: (victim: Y.Doc) => readonly Uint8Array[]
}

const [STEP_2, UPDATE] = [1, 2]
/** Refers to what nobody has, so that Yjs would wait for it for ever. */
const never = (client: number): Uint8Array => buildUpdate(structsOf(client, text({ origin: [1234, 9] }, 'x')))

const FRAME_BOMBS: readonly FrameBomb[] = [
  ...UPDATE_BOMBS.flatMap(({ name, code, update }): FrameBomb[] => [
    { name: `an update that ${name}`, code, frames: () => [syncFrame(UPDATE, update())] },
    { name: `a step 2 that ${name}`, code, frames: () => [syncFrame(STEP_2, update())] },
  ]),
  {
    name: 'four bytes that claim 200',
    code: 'malformed_message',
    frames: () => [overReadFrame()],
  },
  {
    name: 'half an update of the document',
    code: 'malformed_message',
    frames: (victim) => [syncFrame(UPDATE, Y.encodeStateAsUpdate(victim).slice(0, -9))],
  },
  {
    name: 'clocks of somebody else, collected',
    code: 'foreign_client_id',
    frames: (victim) => [syncFrame(UPDATE, shadow(victim, span(0, 5000)))],
  },
  {
    name: 'clocks of somebody else up to the largest, in a step 2',
    code: 'foreign_client_id',
    frames: (victim) => [syncFrame(STEP_2, shadow(victim, span(0, 2 ** 32 - 5000)))],
  },
  {
    name: 'a thousand updates that can never apply',
    code: undefined,
    frames: () => range(1000, (i) => syncFrame(UPDATE, never(1_000_000 + i))),
  },
  {
    name: 'deletes of what nobody has',
    code: undefined,
    frames: () => [syncFrame(UPDATE, buildUpdate({ deletes: [{ client: 1234, ranges: [[0, 5]] }] }))],
  },
  {
    name: 'an update that waits and overlaps what is known',
    code: undefined,
    frames: (victim) => [syncFrame(UPDATE, buildUpdate({ structs: [overlapping(victim)] }))],
  },
  {
    name: 'a step 1 of 1,000,000 entries',
    code: undefined,
    frames: () => [step1Frame(1_000_000)],
  },
  {
    name: 'presence nested 5000 deep',
    code: undefined,
    frames: () => [awarenessFrame([[5, 1, `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`]])],
  },
  {
    name: 'presence of 100,000 ids',
    code: 'malformed_message',
    frames: () => [awarenessFrame(range(100_000, (i) => [i, 1, '{}'] as const))],
  },
  {
    name: 'presence of somebody else with the highest clock',
    code: undefined,
    frames: (victim) => [awarenessFrame([[victim.clientID, Number.MAX_SAFE_INTEGER, '{"user":{}}']])],
  },
  {
    name: 'presence whose second entry is broken',
    code: 'malformed_message',
    frames: () => [
      awarenessFrame([
        [5, 1, '{}'],
        [6, 1, '{"a"'],
      ]),
    ],
  },
]

function shadow(victim: Y.Doc, struct: Uint8Array): Uint8Array {
  const { clientID: client } = victim
  return buildUpdate({ structs: [{ client, clock: Y.getState(victim.store, client), list: [struct] }] })
}

function overlapping({ clientID: client }: Y.Doc): { client: number; clock: number; list: Uint8Array[] } {
  return { client, clock: 1, list: [text({ origin: [1234, 9] }, 'what others have not')] }
}

function connect(t: TestContext, url: string, as: string) {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(url, 'demo', doc, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    params: { as },
  })
  t.after(() => {
    provider.destroy()
    doc.destroy()
  })
  return { provider, doc, text: doc.getText('source') }
}

async function stage(t: TestContext) {
  const server = await startRoomServer(t, {
    maxFrameBytes: 16 * 1024 * 1024,
    // Or it would catch some of them first.
    policy: { maxNewClientIds: 1e6 },
  })
  const ann = connect(t, server.url, 'ann')
  const bob = connect(t, server.url, 'bob')
  await until(() => ann.provider.synced && bob.provider.synced)
  ann.provider.awareness.setLocalStateField('user', { color: 'red' })
  ann.text.insert(0, 'What Ann wrote. ')
  await until(() => bob.text.length > 0)
  let turn = 0
  /** Somebody types, and everybody and the disk have it. */
  const goOn = async (): Promise<void> => {
    turn += 1
    const author = turn % 2 === 0 ? ann : bob
    author.text.insert(author.text.length, `${turn} `)
    await until(() => ann.text.toJSON() === bob.text.toJSON() && bob.text.toJSON().endsWith(` ${turn} `))
    await until(() => server.rooms.stats().pendingBytes === 0)
  }
  const everything = async () => ({
    stored: await server.store.load(testDocument('demo')),
    vector: Y.encodeStateVector(bob.doc),
    text: bob.text.toJSON(),
    annIsThere: bob.provider.awareness.getStates().get(ann.doc.clientID),
    people: bob.provider.awareness.getStates().size,
  })
  return { server, ann, bob, goOn, everything }
}

/** Sends and waits until all of it was dealt with; the code of the close frame, if there was one. */
async function throwBomb(url: string, frames: readonly Uint8Array[]): Promise<number | undefined> {
  const socket = new WebSocket(`${url}/demo?as=mallory`)
  const received: Uint8Array[] = []
  let closed: number | undefined
  socket.on('message', (data: Uint8Array) => received.push(data))
  socket.on('close', (code) => (closed = code))
  await once(socket, 'open')
  for (const frame of frames) socket.send(frame)
  // The answer to a step 1 comes after all that was sent before was dealt with.
  socket.send(step1Frame(0))
  await until(() => closed !== undefined || received.some((data) => data[0] === 0 && data[1] === 1))
  socket.terminate()
  return closed
}

function closeCodeOf(code: ErrorCode | undefined): number | undefined {
  return code === undefined ? undefined : CLOSE_REASONS[ERRORS[code].close].code
}

function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('[ROOM-15] no bomb changes the room or the disk, and everybody goes on', async (t) => {
  const { server, ann, goOn, everything } = await stage(t)
  await goOn()
  const memory = memoryInUse()
  for (const { name, code, frames } of FRAME_BOMBS) {
    await t.test(name, async () => {
      const before = await everything()
      assert.equal(await throwBomb(server.url, frames(ann.doc)), closeCodeOf(code))
      await until(() => server.rooms.stats().sessions === 2)
      assert.deepEqual(await everything(), before)
      await goOn()
    })
  }
  assert.deepEqual(server.errors, [])
  assert.ok(ann.provider.wsconnected)
  const kept = memoryInUse() - memory
  assert.ok(kept < 24 * 1024 * 1024, `${kept} bytes are still in use`)
})

test('[ROOM-70] what makes Yjs walk far ends with its sender, and everybody goes on', async (t) => {
  const { server, goOn } = await stage(t)
  for (const { name, first, bomb } of CONFLICT_BOMBS) {
    await t.test(name, async () => {
      await throwBomb(server.url, [syncFrame(UPDATE, first(2000))])
      assert.equal(await throwBomb(server.url, [syncFrame(UPDATE, bomb(2000))]), 1009)
      await goOn()
    })
  }
  assert.deepEqual(server.errors, [])
})

test('[ROOM-77] root types that many updates name end at the limit', async (t) => {
  const { server, goOn, bob } = await stage(t)
  const frames = range(30, (i) => {
    const names = range(50, (j) => text({ parent: `root ${i} ${j}` }, 'a'))
    return syncFrame(UPDATE, buildUpdate(structsOf(2_000_000 + i, ...names)))
  })
  assert.equal(await throwBomb(server.url, frames), 1009)
  await goOn()
  assert.ok(bob.doc.share.size <= 1024, String(bob.doc.share.size))
})

test('the largest nesting that many updates build can still be encoded, loaded and deleted', async (t) => {
  const { server, goOn } = await stage(t)
  const frames = range(400, (i) =>
    syncFrame(
      UPDATE,
      buildUpdate({
        structs: [
          {
            client: 3_000_000,
            clock: i,
            list: [map(i === 0 ? {} : { parent: [3_000_000, i - 1], key: 'k' })],
          },
        ],
      }),
    ),
  )
  assert.equal(await throwBomb(server.url, frames), 4400)
  await goOn()
  const loaded = new Y.Doc()
  const stored = await server.store.load(testDocument('demo'))
  for (const { bytes: update } of stored?.tail ?? []) Y.applyUpdate(loaded, update)
  loaded.getArray('root').delete(0, loaded.getArray('root').length)
})
