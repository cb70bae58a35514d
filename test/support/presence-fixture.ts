/** Presence without a room: its viewers are y-protocols' own `Awareness`, and time is in the test's hands. */
import type { TestContext } from 'node:test'
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { Access, Principal } from '../../src/access/model.ts'
import { decodeClientMessage } from '../../src/protocol/decode.ts'
import type { AwarenessEntry } from '../../src/protocol/message.ts'
import type { Outbound } from '../../src/protocol/outbound.ts'
import type { PresencePolicy } from '../../src/room/policy.ts'
import { Presence } from '../../src/room/presence.ts'
import type { Viewer } from '../../src/room/presence-fanout.ts'
import { ManualClock } from './manual-clock.ts'
import { readMessages } from './read-messages.ts'
import { person } from './room-client.ts'
import { TEST_POLICY } from './room-fixture.ts'
import { awarenessFrame } from './bombs/messages.ts'

export class PresenceViewer implements Viewer {
  readonly principal: Principal
  readonly access: Access
  readonly awareness: Awareness
  #isBehind = false
  /** What it was sent: the entries of each frame. */
  readonly frames: (readonly AwarenessEntry[])[] = []
  readonly bytes: Outbound[] = []
  readonly #room: PresenceRoom

  constructor(room: PresenceRoom, name: string, access: Access) {
    this.#room = room
    this.principal = person(name)
    this.access = access
    this.awareness = new Awareness(new Y.Doc())
  }

  get ownerKey(): string {
    return this.principal.id
  }

  get clientId(): number {
    return this.awareness.clientID
  }

  get isBehind(): boolean {
    return this.#isBehind
  }

  fallBehind(): void {
    this.#isBehind = true
  }

  catchUp(): void {
    this.#isBehind = false
    this.#room.presence.caughtUp(this)
  }

  deliver(message: Outbound): void {
    if (this.isBehind) return
    this.bytes.push(message)
    for (const frame of readMessages(message)) this.#take(frame)
  }

  #take(frame: Uint8Array): void {
    const message = decodeClientMessage(frame, 'y-websocket')
    if (message.kind !== 'awareness') throw new Error(`sent ${message.kind}`)
    this.frames.push(message.entries)
    // A message type and the length of one or more bytes stand before the update.
    let at = 1
    while ((frame[at] ?? 0) > 0x7f) at += 1
    applyAwarenessUpdate(this.awareness, frame.subarray(at + 1), this)
  }

  /** Sets its own state, null to be gone; the same again raises the clock, as a renewal does. */
  say(state: Record<string, unknown> | null): void {
    this.awareness.setLocalState(state)
    this.#sayStatesOf([this.clientId])
  }

  renew(): void {
    if (this.awareness.getLocalState() !== null) this.say(this.awareness.getLocalState())
  }

  /** As a stock client does with what it was told, and one that wakes up. */
  echo(): void {
    this.#sayStatesOf([...this.awareness.meta.keys()])
  }

  sayEntries(entries: Parameters<typeof awarenessFrame>[0]): void {
    this.#room.receive(this, awarenessFrame(entries))
  }

  leave(): void {
    this.#room.leave(this)
  }

  /** Field `is` of everybody's state, by client id. */
  sees(): Map<number, unknown> {
    return new Map([...this.awareness.getStates()].map(([clientId, state]) => [clientId, state['is']]))
  }

  #sayStatesOf(clientIds: number[]): void {
    const update = encodeAwarenessUpdate(this.awareness, clientIds)
    const length: number[] = []
    let rest = update.length
    for (; rest > 0x7f; rest >>>= 7) length.push(0x80 | (rest & 0x7f))
    this.#room.receive(this, Uint8Array.of(1, ...length, rest, ...update))
  }
}

export class PresenceRoom {
  readonly clock = new ManualClock()
  readonly viewers = new Set<PresenceViewer>()
  readonly presence: Presence
  readonly #all: PresenceViewer[] = []

  constructor(policy: Partial<PresencePolicy> = {}) {
    this.presence = new Presence({
      dialect: 'y-websocket',
      clock: this.clock,
      policy: { ...TEST_POLICY, presence: { ...TEST_POLICY.presence, ...policy } },
      viewers: this.viewers,
      meter: { presence: () => {} },
    })
  }

  join(name = 'ann', access: Access = 'edit'): PresenceViewer {
    const viewer = new PresenceViewer(this, name, access)
    this.#all.push(viewer)
    this.viewers.add(viewer)
    const snapshot = this.presence.snapshot()
    if (snapshot !== undefined) viewer.deliver(snapshot)
    return viewer
  }

  receive(viewer: PresenceViewer, frame: Uint8Array): void {
    const message = decodeClientMessage(frame, 'y-websocket')
    if (message.kind === 'awareness') this.presence.receive(viewer, message.entries)
  }

  leave(viewer: PresenceViewer): void {
    if (this.viewers.delete(viewer)) this.presence.leave(viewer)
  }

  dispose(): void {
    this.presence.close()
    // Each holds a timer.
    for (const { awareness } of this.#all) awareness.destroy()
  }
}

export function presenceRoom(t: TestContext, policy: Partial<PresencePolicy> = {}): PresenceRoom {
  const room = new PresenceRoom(policy)
  t.after(() => room.dispose())
  return room
}
