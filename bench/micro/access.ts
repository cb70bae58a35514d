/**
 * What deciding costs, without sockets:
 *
 *   node --import tsx bench/micro/access.ts
 *
 * - join: authorizing one upgrade of somebody who is known, by cookie and by token, wholly: reading the
 *   request, its Origin, who it is, what that person may do. In a configuration of 1,000 users with
 *   100 groups and 200 viewers.
 * - again: the one turn in which users, groups and grants are taken over and 5,000 sessions of 1,000
 *   people, in 100 rooms and each with a cursor, are judged again: nothing comes of it, everybody may do
 *   less, everybody is removed. Goodbyes and what others are shown are other turns.
 *
 * CPU time of this process, collecting garbage included.
 */
import { createHash } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Grant } from '../../src/access/model.ts'
import { AccessWatch } from '../../src/identity/access-watch.ts'
import type { Gate } from '../../src/identity/gate.ts'
import { usersIdentity } from '../../src/identity/identity.ts'
import { LiveResource } from '../../src/identity/live-resource.ts'
import { createSessions } from '../../src/identity/session-cookie.ts'
import { encodeAwareness } from '../../src/protocol/encode.ts'
import type { Lineage } from '../../src/protocol/names.ts'
import { systemClock } from '../../src/room/clock.ts'
import { CommitLoop } from '../../src/room/commit-loop.ts'
import { RoomRegistry } from '../../src/room/room-registry.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { Guest } from '../../src/websocket/guest.ts'
import { SILENT, TEST_POLICY, testDocument } from '../../test/support/room-fixture.ts'

const PEOPLE = 1000
const GROUPS = 100
const VIEWERS = 200
const SOCKETS = 5000
const JOINS = 20_000
const ROOMS = 100
const ROUNDS = 7
const SECRET = Buffer.alloc(32, 7)
const HOST = 'bench.example.org'

const digest = (token: string): string => createHash('sha256').update(token).digest('hex')
const names = Array.from({ length: PEOPLE }, (_, i) => `user-${i}`)
const users = names.map((name) => ({ name, tokens: [`sha256:${digest(name)}`] }))
const members = (group: number): string[] => names.filter((_, i) => i % GROUPS === group)
const groups = Object.fromEntries(Array.from({ length: GROUPS }, (_, i) => [`group-${i}`, members(i)]))
const EVERYBODY: readonly Grant[] = Array.from({ length: GROUPS }, (_, i) => ({
  subject: `group:group-${i}`,
  access: 'edit',
}))
const OTHERS: readonly Grant[] = Array.from({ length: VIEWERS - GROUPS }, (_, i) => ({
  subject: `user:somebody-${i}`,
  access: 'read',
}))

const OWNED = { name: 'bench', owner: 'user:owner' } as const

function declared(changed: readonly Grant[]) {
  return { resource: { ...OWNED, viewers: [...changed, ...OTHERS] }, groups }
}

function upgradeOf(headers: Readonly<Record<string, string>>): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  request.url = '/api/collaboration/room/json:notebook:0123?sessionId=0123'
  const all = { host: HOST, origin: `http://${HOST}`, upgrade: 'websocket', ...headers }
  request.headers = all
  request.rawHeaders = Object.entries(all).flat()
  return request
}

function cookieOf(name: string): string {
  const sessions = createSessions({ secret: SECRET, baseUrl: '/', sessionMs: 3_600_000, now: Date.now })
  const holder = { kind: 'user', user: name, tokenPrefix: digest(name).slice(0, 16) } as const
  return sessions.issue({ host: HOST, isSecure: false, cookies: [] }, holder).split(';')[0] ?? ''
}

function identity() {
  const resource = new LiveResource(declared(EVERYBODY))
  const options = { users, resource, allowedOrigins: [], baseUrl: '/', sessionMs: 3_600_000, secret: SECRET }
  return { resource, ...usersIdentity(options) }
}

async function timeJoins(gate: Gate, what: string, requestOf: (i: number) => IncomingMessage): Promise<void> {
  const requests = Array.from({ length: JOINS }, (_, i) => requestOf(i))
  const times: number[] = []
  for (const request of requests) {
    const before = process.cpuUsage()
    const admission = await gate.admit(request, 'room.join')
    const { user, system } = process.cpuUsage(before)
    times.push(user + system)
    if (!admission.ok) throw new Error(`not admitted: ${admission.code}`)
  }
  const sorted = times.slice(JOINS / 10).toSorted((one, other) => one - other)
  const at = (share: number): string => `${sorted[Math.floor(sorted.length * share)] ?? 0} us`
  console.log(what.padEnd(36), `p50 ${at(0.5)}`.padStart(14), `p99 ${at(0.99)}`.padStart(14))
}

/** Five tabs of everybody, in rooms of fifty, each with a cursor; as the upgrade handler does it. */
async function enterRooms(gate: Gate, watch: AccessWatch): Promise<void> {
  const store = new MemoryDocumentStore()
  const clock = systemClock
  const onFailure = (error: unknown): void => console.error(error)
  const loop = new CommitLoop({
    store,
    clock,
    observer: SILENT,
    gapMs: 0,
    retryMs: 1,
    maxRetryMs: 1,
    onFailure,
  })
  const mintLineage = (): Lineage => '0'.repeat(32) as Lineage
  const policy = { ...TEST_POLICY, maxRoomsPerPerson: SOCKETS }
  const rooms = new RoomRegistry({
    store,
    loop,
    clock,
    observer: SILENT,
    policy,
    mintLineage,
    onError: onFailure,
  })
  const state = new TextEncoder().encode('{"cursor":1}')
  for (let i = 0; i < SOCKETS; i += 1) {
    const name = names[i % PEOPLE] ?? ''
    const admission = await gate.admit(upgradeOf({ authorization: `token ${name}` }), 'room.join')
    if (!admission.ok) throw new Error(admission.code)
    const guest = new Guest(silentPeer(), { access: admission.access })
    watch.hold(admission, guest)
    const spec = {
      document: testDocument(`room-${i % ROOMS}`),
      dialect: 'y-websocket',
      persistence: 'durable',
    } as const
    const { principal, access } = admission
    const session = await rooms.join(spec, { principal, access, peer: guest.connection }, undefined)
    guest.enter(session)
    session.receive(encodeAwareness([{ clientId: i, clock: 1, state }]))
  }
  // Cursors are shown before anything is measured.
  await new Promise((resolve) => setTimeout(resolve, 500))
}

function silentPeer() {
  return {
    isOpen: true,
    bufferedBytes: 0,
    send: () => {},
    pause: () => {},
    resume: () => {},
    close: () => {},
    attach: () => {},
  }
}

async function timeAgain(what: string, before: readonly Grant[], after: readonly Grant[]): Promise<void> {
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const { resource, gate, directory } = identity()
    resource.declare(declared(before))
    const watch = new AccessWatch({ judge: gate, renewMs: 3_600_000, onError: console.error })
    await enterRooms(gate, watch)
    const { user, system } = process.cpuUsage()
    directory.replace(users, groups)
    resource.declare(declared(after))
    watch.reconsider()
    const spent = process.cpuUsage({ user, system })
    rounds.push((spent.user + spent.system) / 1000)
    watch.close()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const median = rounds.toSorted((one, other) => one - other)[ROUNDS >>> 1] ?? 0
  console.log(what.padEnd(36), `${median.toFixed(1)} ms`.padStart(14))
}

const { gate } = identity()
const cookies = names.map(cookieOf)
await timeJoins(gate, 'join, by cookie', (i) => upgradeOf({ cookie: cookies[i % PEOPLE] ?? '' }))
await timeJoins(gate, 'join, by token', (i) =>
  upgradeOf({ authorization: `token ${names[i % PEOPLE] ?? ''}` }),
)
const READ = EVERYBODY.map((grant) => ({ ...grant, access: 'read' as const }))
await timeAgain('again, 5,000 sockets: nothing changes', EVERYBODY, [...EVERYBODY])
await timeAgain('again, 5,000 sockets: all may read', EVERYBODY, READ)
await timeAgain('again, 5,000 sockets: all removed', EVERYBODY, [])
process.exit(0)
