/**
 * Honest people and an attacker write into one document through the room's queue: whatever the attacker
 * sends, nobody else is rejected, nothing stays pending, and the log holds what the document holds.
 *
 * FUZZ_SCALE=50 plays that many times as much; FC_SEED another game.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { createServerDoc } from '../../src/document/server-doc.ts'
import { inspectUpdate } from '../../src/document/update-inspect.ts'
import { type ErrorCode, SyncError } from '../../src/protocol/errors.ts'
import { ClientOwners } from '../../src/room/client-owners.ts'
import { type Author, type ClientEdit, EditQueue } from '../../src/room/edit-queue.ts'
import { hostileUpdate } from '../support/hostile-update.ts'
import { mutate } from '../support/mutate.ts'
import { edit, type Person, person, type Random, REMOTE, seededRandom } from '../support/random-document.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261_124)
const SCALE = Number(process.env['FUZZ_SCALE'] ?? 1)
const GAMES = 25 * SCALE
const TURNS = 120

class Player implements Author {
  readonly authorId: string
  readonly owner: string
  readonly rejections: ErrorCode[] = []
  #parked: ClientEdit[] = []

  constructor(name: string) {
    this.authorId = name
    this.owner = name
  }

  applied(): void {}

  park(parked: ClientEdit): void {
    this.#parked.push(parked)
    if (this.#parked.length > 64) this.#parked.shift()
  }

  unpark(): readonly ClientEdit[] {
    return this.#parked.splice(0)
  }

  reject(code: ErrorCode): void {
    this.rejections.push(code)
  }
}

type Game = {
  readonly server: Y.Doc
  readonly queue: EditQueue
  readonly people: readonly (Person & { readonly player: Player })[]
  readonly log: Y.Doc
  readonly counts: { sent: number; rejected: number; applied: number }
}

function newGame(random: Random, counts: Game['counts']): Game {
  const server = createServerDoc()
  const owners = new ClientOwners({
    doc: server,
    stored: undefined,
    isRecovering: () => false,
    isPresent: () => true,
  })
  const people = ['ann', 'bob', 'carol'].map((name) => ({ ...person(random), player: new Player(name) }))
  // As clients announce themselves when they come.
  for (const { doc, player } of people) owners.claim(doc.clientID, player.owner)
  return { server, queue: new EditQueue({ owners }), people, log: new Y.Doc(), counts }
}

function push(queue: EditQueue, author: Author, update: Uint8Array): boolean {
  try {
    queue.pushClient(author, { update, facts: inspectUpdate(update), isStep2: false, receivedAt: 0 })
    return true
  } catch (error) {
    assert.ok(error instanceof SyncError, String(error))
    return false
  }
}

function attack({ server, queue, counts }: Game, real: readonly Uint8Array[], random: Random): void {
  const mallory = new Player('mallory')
  const known = Y.decodeStateVector(Y.encodeStateVector(server))
  const isCrude = real.length > 0 && random.chance(0.3)
  const update = isCrude ? mutate(random.pick(real), real, random) : hostileUpdate(known, random)
  counts.sent += 1
  if (!push(queue, mallory, update)) {
    counts.rejected += 1
    return
  }
  const before = Y.encodeStateVector(server)
  commit(queue, server)
  if (mallory.rejections.length > 0) counts.rejected += 1
  if (!Buffer.from(before).equals(Y.encodeStateVector(server))) counts.applied += 1
}

const logs = new WeakMap<Y.Doc, Y.Doc>()

function commit(queue: EditQueue, server: Y.Doc): void {
  while (!queue.isEmpty) {
    for (const { update } of queue.applyTo(server)) {
      const log = logs.get(server)
      if (update !== undefined && log !== undefined) Y.applyUpdate(log, update)
    }
    assert.equal(server.store.pendingStructs ?? server.store.pendingDs, null)
  }
}

/** Editors choke on what no editor writes; what they did until then counts. */
function editAnyway(someone: Person, random: Random): void {
  try {
    edit(someone, random)
  } catch (error) {
    assert.ok(error instanceof Error)
  }
}

function play(game: Game, random: Random): void {
  const { server, queue, people, log } = game
  logs.set(server, log)
  const real: Uint8Array[] = []
  for (let turn = 0; turn < TURNS; turn += 1) {
    const someone = random.pick(people)
    editAnyway(someone, random)
    for (const update of someone.sent.splice(0)) {
      if (update.length < 4000) real.push(update)
      push(queue, someone.player, update)
    }
    if (random.chance(0.5)) attack(game, real.slice(-30), random)
    if (random.chance(0.5)) commit(queue, server)
    if (!random.chance(0.3)) continue
    Y.applyUpdate(someone.doc, Y.encodeStateAsUpdate(server, Y.encodeStateVector(someone.doc)), REMOTE)
  }
  commit(queue, server)
}

function check({ server, people, log }: Game): void {
  for (const { player } of people) assert.deepEqual(player.rejections, [], player.authorId)
  for (const { doc } of people) {
    // Whatever else the document holds by now: all that this person wrote arrived.
    assert.equal(Y.getState(server.store, doc.clientID), Y.getState(doc.store, doc.clientID))
  }
  const loaded = new Y.Doc()
  Y.applyUpdate(loaded, Y.encodeStateAsUpdate(server))
  for (const copy of [log, loaded]) {
    assert.equal(copy.store.pendingStructs ?? copy.store.pendingDs, null)
    assert.deepEqual(
      Y.decodeStateVector(Y.encodeStateVector(copy)),
      Y.decodeStateVector(Y.encodeStateVector(server)),
    )
  }
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

test(`an attacker in the room gets nobody else rejected, nothing left pending and no document lost (seed ${SEED})`, (t) => {
  const counts = { sent: 0, rejected: 0, applied: 0 }
  withoutConsole(() => {
    for (let i = 0; i < GAMES; i += 1) {
      const random = seededRandom(SEED + i)
      const game = newGame(random, counts)
      play(game, random)
      check(game)
    }
  })
  t.diagnostic(JSON.stringify(counts))
  assert.ok(counts.rejected > counts.sent / 10 && counts.applied > counts.sent / 20, JSON.stringify(counts))
})
