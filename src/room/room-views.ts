/** What may be told of all rooms: sums for metrics, people for a status page, traffic for a monitor. */
import type { Access, Principal } from '../access/model.ts'
import type { DocumentId } from '../protocol/names.ts'
import type { RoomMemory } from './memory-budget.ts'
import type { RoomTraffic } from './room-meter.ts'
import type { RoomState, RoomStateKind } from './room-state.ts'

type States = ReadonlyMap<DocumentId, RoomState>

export type RegistryStats = {
  readonly rooms: Readonly<Record<RoomStateKind, number>>
  readonly sessions: number
  readonly pendingBytes: number
  /** Estimated bytes; `used` counts against `limit`, with rooms that are loading or being unloaded. */
  readonly memory: RoomMemory & { readonly used: number; readonly limit: number }
}

/** What a status page may show of a room. */
export type RoomSummary = {
  readonly document: DocumentId
  readonly people: readonly { readonly id: string; readonly displayName: string; readonly color: string }[]
}

/** What a monitor may show of all rooms. */
export type RegistryActivity = {
  /** Each counted once, in however many rooms. */
  readonly people: number
  readonly rooms: readonly RoomActivity[]
}

/** What a monitor may show of a room in memory. Counters rise from the moment it was loaded. */
export type RoomActivity = {
  readonly document: DocumentId
  readonly state: 'open' | 'idle'
  readonly people: number
  readonly sessions: number
  readonly lagging: number
  readonly traffic: Readonly<RoomTraffic>
  readonly stateBytes: number
  readonly pendingBytes: number
  /** Since the last edit; of an empty room, since the last person left if that was later. */
  readonly idleMs: number
}

/** One browser tab of a person in a room. */
export type PresentSession = {
  readonly document: DocumentId
  readonly principal: Principal
  readonly access: Access
  /** Milliseconds since the epoch. */
  readonly since: number
}

export function statsOf(
  states: States,
  budget: { readonly usedBytes: number; readonly maxBytes: number },
): RegistryStats {
  const rooms = { loading: 0, open: 0, idle: 0, closing: 0 }
  let sessions = 0
  let pendingBytes = 0
  const memory = { documents: 0, caches: 0, queues: 0, used: budget.usedBytes, limit: budget.maxBytes }
  for (const state of states.values()) {
    rooms[state.kind] += 1
    if (state.kind !== 'open' && state.kind !== 'idle') continue
    const own = state.room.memory
    memory.documents += own.documents
    memory.caches += own.caches
    memory.queues += own.queues
    sessions += state.room.sessions.size
    pendingBytes += state.room.pendingBytes
  }
  return { rooms, sessions, pendingBytes, memory }
}

export function summariesOf(states: States): RoomSummary[] {
  return [...states].flatMap(([document, state]) => {
    if (state.kind !== 'open') return []
    const people = new Map([...state.room.sessions].map(({ principal }) => [principal.id, principal]))
    return [
      {
        document,
        people: [...people.values()].map(({ id, displayName, color }) => ({ id, displayName, color })),
      },
    ]
  })
}

export function presentIn(states: States): PresentSession[] {
  return [...states].flatMap(([document, state]) =>
    state.kind === 'open'
      ? [...state.room.sessions].map(({ principal, access, since }) => ({
          document,
          principal,
          access,
          since,
        }))
      : [],
  )
}

/** Every room that holds a document. Costs a walk over all sessions. `now`: monotonic ms. */
export function activityOf(states: States, now: number): RegistryActivity {
  const everybody = new Set<string>()
  const rooms = [...states.values()].flatMap((state): RoomActivity[] => {
    if (state.kind !== 'open' && state.kind !== 'idle') return []
    const { document, sessions, meter, stateBytes, pendingBytes } = state.room
    const { traffic } = meter
    const people = new Set([...sessions].map(({ principal }) => principal.id))
    for (const id of people) everybody.add(id)
    const lagging = [...sessions].filter(({ laggingSince }) => laggingSince !== undefined).length
    const counts = { people: people.size, sessions: sessions.size, lagging }
    const since = Math.max(traffic.lastEditAt, state.kind === 'idle' ? state.since : 0)
    return [
      { document, state: state.kind, ...counts, traffic, stateBytes, pendingBytes, idleMs: now - since },
    ]
  })
  return { people: everybody.size, rooms }
}
