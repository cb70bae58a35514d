/**
 * What an edit costs on its way through the rooms: from its frame to the frames of those who see it.
 *
 *   node --import tsx bench/micro/commit-loop.ts
 *
 * The real commit loop, rooms, sessions and store, with peers that throw away what they are sent: no
 * sockets, and no pause between commits. CPU time of this process (that of LevelDB's own thread is in
 * it) for each edit of one key, over how many edits a room gathers for a commit, how many rooms share
 * one, and how many people there are to a room.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Y from 'yjs'
import { roomPolicy } from '../../src/app/policies.ts'
import { settleConfig, suppliedLayer } from '../../src/config/load.ts'
import { encodeUpdate } from '../../src/protocol/encode.ts'
import { type Lineage, documentId, parseRoomName } from '../../src/protocol/names.ts'
import { systemClock } from '../../src/room/clock.ts'
import { CommitLoop } from '../../src/room/commit-loop.ts'
import type { DocumentStore, Peer, RoomObserver, RoomSpec } from '../../src/room/ports.ts'
import { RoomRegistry } from '../../src/room/room-registry.ts'
import type { Session } from '../../src/room/session.ts'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { openLevelDatabase } from '../../src/store/open-level-database.ts'

type Load = { readonly rooms: number; readonly people: number; readonly gathered: number }

const LOADS: readonly Load[] = [
  { rooms: 1, people: 2, gathered: 1 },
  { rooms: 1, people: 2, gathered: 10 },
  { rooms: 1, people: 2, gathered: 100 },
  { rooms: 10, people: 10, gathered: 1 },
  { rooms: 10, people: 10, gathered: 10 },
  { rooms: 100, people: 10, gathered: 1 },
  { rooms: 1, people: 200, gathered: 1 },
  { rooms: 1, people: 200, gathered: 10 },
  { rooms: 1, people: 200, gathered: 100 },
]
/** Of a room; more people would type into it in turn. */
const MAX_TYPISTS = 10
const WARM_UP_EDITS = 1_000
const EDITS = 10_000
/** Where each edit is a commit of its own with a flush of the disk, fewer are enough. */
const MAX_COMMITS = 2_000

type Store = { readonly store: DocumentStore; readonly close: () => Promise<void> }

const STORES: Readonly<Record<string, () => Promise<Store>>> = {
  memory: async () => {
    const store = new MemoryDocumentStore()
    return { store, close: () => store.close() }
  },
  'LevelDB, fsync': async () => {
    const directory = mkdtempSync(join(tmpdir(), 'outrigger-micro-'))
    const database = await openLevelDatabase({ directory, fsync: 'always' })
    return {
      store: new LevelDocumentStore(database),
      close: async () => {
        await database.close()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
}

const counts = { records: 0, commits: 0, deliveries: 0 }
const observer: RoomObserver = new Proxy({} as RoomObserver, { get: () => () => {} })

/** Takes everything at once. */
function peer(): Peer {
  return {
    send: () => (counts.deliveries += 1),
    close: () => {},
    pause: () => {},
    resume: () => {},
    bufferedBytes: 0,
    isOpen: true,
  }
}

/** One character after the other, by somebody who sees only what they type themselves. */
function typed(count: number): Uint8Array[] {
  const doc = new Y.Doc()
  const text = doc.getText(`text of ${doc.clientID}`)
  const frames: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => frames.push(encodeUpdate(update)))
  for (let i = 0; i < count; i += 1) text.insert(text.length, 'k')
  return frames
}

type Typist = { readonly session: Session; readonly frames: readonly Uint8Array[]; next: number }

class Bench {
  readonly #loop: CommitLoop
  readonly #rooms: RoomRegistry
  readonly #typists: Typist[][] = []
  #isClosing = false

  constructor(store: DocumentStore) {
    const { config } = settleConfig(suppliedLayer('bench', { 'auth.mode': 'open' }))
    const onFailure = (error: unknown): void => {
      // A snapshot may still be on its way when the store is closed.
      if (!this.#isClosing) throw error
    }
    this.#loop = new CommitLoop({
      store,
      clock: systemClock,
      observer: { committed: ({ records }) => ((counts.commits += 1), (counts.records += records)) },
      gapMs: 0,
      retryMs: 10,
      maxRetryMs: 10,
      onFailure,
    })
    let lineages = 0
    this.#rooms = new RoomRegistry({
      store,
      loop: this.#loop,
      clock: systemClock,
      observer,
      policy: { ...roomPolicy(config), flushGapPerPeerMs: 0, maxFlushGapMs: 0 },
      mintLineage: () => (lineages += 1).toString(16).padStart(32, '0') as Lineage,
      onError: onFailure,
    })
  }

  async open({ rooms, people }: Load, editsOfRoom: number): Promise<void> {
    const typists = Math.min(people, MAX_TYPISTS)
    for (let room = 0; room < rooms; room += 1) {
      const spec = specOf(room)
      const sessions: Session[] = []
      for (let i = 0; i < people; i += 1) sessions.push(await this.#join(spec, i))
      const writing = sessions.slice(0, typists)
      const share = Math.ceil(editsOfRoom / typists) + 1
      this.#typists.push(writing.map((session) => ({ session, frames: typed(share), next: 0 })))
    }
  }

  /** So many edits in all, in commits that take `gathered` from each room. */
  async run(edits: number, { rooms, gathered }: Load): Promise<void> {
    for (let done = 0; done < edits; done += rooms * gathered) {
      for (const typists of this.#typists) {
        for (let i = 0; i < gathered; i += 1) {
          const typist = typists[i % typists.length]
          const frame = typist?.frames[typist.next]
          if (typist === undefined || frame === undefined) throw new Error('nothing left to type')
          typist.next += 1
          typist.session.receive(frame)
        }
        // The next commit begins with the next of them.
        typists.push(...typists.splice(0, gathered % typists.length))
      }
      await this.#loop.idle()
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#rooms.closeAll()
  }

  async #join(spec: RoomSpec, i: number): Promise<Session> {
    const id = `person-${i}`
    const principal = {
      id,
      displayName: id,
      initials: 'P',
      color: '#123456',
      groups: [],
      isAuthenticated: true,
    }
    return await this.#rooms.join(spec, { principal, access: 'edit', peer: peer() }, undefined)
  }
}

function specOf(room: number): RoomSpec {
  const name = parseRoomName(`room-${room}`)
  if (name === undefined) throw new Error('bad name')
  return { document: documentId('plain', name), dialect: 'y-websocket', persistence: 'durable' }
}

async function measure(name: string, load: Load): Promise<string> {
  const perCommit = load.rooms * load.gathered
  const edits = Math.ceil(Math.min(EDITS, MAX_COMMITS * perCommit) / perCommit) * perCommit
  const { store, close } = (await STORES[name]?.()) ?? fail()
  const bench = new Bench(store)
  try {
    await bench.open(load, Math.ceil((edits + WARM_UP_EDITS) / load.rooms) + 2 * load.gathered)
    await bench.run(WARM_UP_EDITS, load)
    Object.assign(counts, { records: 0, commits: 0, deliveries: 0 })
    const before = process.cpuUsage()
    await bench.run(edits, load)
    const { user, system } = process.cpuUsage(before)
    const us = user + system
    return [
      name.padEnd(16),
      `${load.rooms} x ${load.people}`.padEnd(10),
      String(load.gathered).padStart(8),
      `${(us / edits).toFixed(1)} us`.padStart(12),
      `${(us / counts.commits).toFixed(0)} us`.padStart(12),
      `${((us / Math.max(1, counts.deliveries)) * 1000).toFixed(0)} ns`.padStart(12),
    ].join(' ')
  } finally {
    await bench.close()
    await close()
  }
}

function fail(): never {
  throw new Error('no such store')
}

console.log(
  'store'.padEnd(16),
  'rooms'.padEnd(10),
  'gathered'.padStart(8),
  'an edit'.padStart(12),
  'a commit'.padStart(12),
  'a delivery'.padStart(12),
)
// Not shown: until then the code is not compiled.
for (const load of LOADS.slice(0, 3)) await measure('memory', load)
for (const name of Object.keys(STORES)) for (const load of LOADS) console.log(await measure(name, load))
