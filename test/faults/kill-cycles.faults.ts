/**
 * The promise of the whole, from outside and many times: whatever moment a `kill -9` comes at, what
 * anybody else had been shown is there when the server is back, before any author has returned.
 *
 *   KILL_CYCLES=20 npm run test:faults -- test/faults/kill-cycles.faults.ts
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import * as Y from 'yjs'
import { difference, fingerprint } from '../simulation/same-document.ts'
import { seededRandom, type Random } from '../support/random-document.ts'
import { CliProcess } from '../support/run-cli.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'
import { account } from './seen.ts'
import { Writer } from './writer.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)
const CYCLES = Number(process.env['KILL_CYCLES'] ?? 200)
const ROOMS = 4
const WRITERS = 3
/** New rooms now and then: a short history is loaded in another way than one with a snapshot. */
const CYCLES_OF_A_ROOM = 20
const SERVER = join(import.meta.dirname, '../../dist/main.js')
const PATIENCE_MS = 20_000

async function serve(t: TestContext, data: string) {
  const args = ['serve', '--auth', 'open', '--port', '0', '--data', data]
  const cli = new CliProcess(args, { bundle: SERVER })
  t.after(() => cli.child.kill('SIGKILL'))
  await cli.says('"msg":"ready"')
  const url = /"url":"http([^"]+)"/.exec(cli.stdout)?.[1]
  assert.ok(url !== undefined)
  return { cli, url: `ws${url}` }
}

type Server = Awaited<ReturnType<typeof serve>>

/** Everybody types, from before they are in step or from then on; the end comes at any moment. */
async function typeUntilKilled(server: Server, writers: readonly Writer[], random: Random): Promise<void> {
  for (const writer of writers) writer.connect(server.url)
  if (random.chance(0.8)) await until(() => writers.every(({ isSynced }) => isSynced), PATIENCE_MS, 'sync')
  for (const writer of writers) writer.type(random, random.pick([2, 5, 20]))
  await new Promise((resolve) => setTimeout(resolve, random.pick([0, 5, 40, 150, 300]) + random.int(40)))
  server.cli.child.kill('SIGKILL')
  await server.cli.ended
  // What had reached a client's socket counts as shown.
  await until(() => writers.every(({ isConnected }) => !isConnected), PATIENCE_MS, 'the cut')
  for (const writer of writers) {
    writer.stopTyping()
    writer.disconnect()
  }
}

/** What a newcomer gets while no author is there. */
async function readRoom(url: string, room: string, clientId: number): Promise<Y.Doc> {
  const reader = new Writer({ room, name: 'reader', clientId })
  reader.connect(url)
  await until(() => reader.isSynced, PATIENCE_MS, `the document of ${room}`)
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(reader.doc))
  reader.close()
  return copy
}

async function converge(url: string, writers: readonly Writer[], context: string): Promise<void> {
  for (const writer of writers) writer.connect(url)
  const [first, ...others] = writers.map(({ doc }) => doc)
  assert.ok(first !== undefined)
  const isInStep = (): boolean => {
    const vector = Y.encodeStateVector(first)
    return others.every((doc) => Buffer.compare(Y.encodeStateVector(doc), vector) === 0)
  }
  await until(() => writers.every(({ isSynced }) => isSynced) && isInStep(), PATIENCE_MS, context)
  const isSame = (): boolean => {
    const expected = fingerprint(first)
    return others.every((doc) => difference(fingerprint(doc), expected) === undefined)
  }
  await until(isSame, PATIENCE_MS, `${context}: equal documents`)
  for (const writer of writers) writer.disconnect()
}

test(`[ROOM-10] ${CYCLES} kills at random moments take nothing that anybody had been shown (seed ${SEED})`, async (t) => {
  // Each stock client listens for the end of this process.
  process.setMaxListeners(ROOMS * (WRITERS + 1) + process.getMaxListeners())
  const random = seededRandom(SEED)
  const data = join(await tempDir(t), 'data')
  const rooms: Writer[][] = []
  t.after(() => rooms.flat().forEach((writer) => writer.close()))
  const total = { edits: 0, seen: 0, lost: 0, undone: 0 }
  let server = await serve(t, data)
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    if (cycle % CYCLES_OF_A_ROOM === 0) openRooms(rooms, cycle, random)
    const writers = rooms.flat()
    for (const { edits } of writers) edits.length = 0
    await typeUntilKilled(server, writers, random)
    server = await serve(t, data)
    await Promise.all(
      rooms.map(async (own) => {
        const room = own[0]?.room ?? ''
        const kept = await readRoom(server.url, room, random.int(2 ** 32))
        const { edits, seen, lost, undone } = account(own, kept)
        total.edits += edits
        total.seen += seen
        total.lost += lost
        total.undone += undone
        assert.equal(lost, 0, `cycle ${cycle}, ${room}: ${lost} of ${seen} edits that were shown are lost`)
        assert.equal(undone, 0, `cycle ${cycle}, ${room}: ${undone} deletions that were shown are undone`)
      }),
    )
    await Promise.all(rooms.map((own) => converge(server.url, own, `cycle ${cycle}, ${own[0]?.room}`)))
  }
  server.cli.child.kill('SIGTERM')
  assert.equal(await server.cli.ended, 0, server.cli.stderr)
  assert.ok(total.seen > CYCLES, 'hardly anything was shown: nothing was proven')
  t.diagnostic(
    `${CYCLES} cycles, ${ROOMS} rooms of ${WRITERS}: ${total.edits} edits, ${total.seen} of them seen by somebody else, ${total.lost} lost, ${total.undone} deletions undone`,
  )
})

function openRooms(rooms: Writer[][], cycle: number, random: Random): void {
  for (const writer of rooms.splice(0).flat()) writer.close()
  for (let i = 0; i < ROOMS; i += 1) {
    const room = `room-${cycle}-${i}`
    rooms.push(
      Array.from(
        { length: WRITERS },
        (_, n) => new Writer({ room, name: `writer-${n}`, clientId: random.int(2 ** 32) }),
      ),
    )
  }
}
