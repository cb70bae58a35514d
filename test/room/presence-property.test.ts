import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PresenceRoom, type PresenceViewer } from '../support/presence-fixture.ts'

const SEATS = 5
/** Longer than every window, and than what is waited for who was behind. */
const LONG_MS = 30_000

const seat = fc.nat(SEATS - 1)
const step = fc.oneof(
  fc.record({ kind: fc.constant('join'), seat, access: fc.constantFrom('edit', 'read') }),
  fc.record({ kind: fc.constant('leave'), seat }),
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('move'), seat, is: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('renew'), seat }) },
  fc.record({ kind: fc.constant('hide'), seat }),
  fc.record({ kind: fc.constant('echo'), seat }),
  fc.record({ kind: fc.constant('forge'), seat, victim: seat }),
  fc.record({ kind: fc.constantFrom('lag', 'recover'), seat }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait'),
      ms: fc.constantFrom(1, 19, 20, 45, 400, 6000, 11_000),
    }),
  },
) as fc.Arbitrary<Step>

type Step =
  | { readonly kind: 'join'; readonly seat: number; readonly access: 'edit' | 'read' }
  | { readonly kind: 'move'; readonly seat: number; readonly is: number }
  | { readonly kind: 'forge'; readonly seat: number; readonly victim: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'leave' | 'renew' | 'hide' | 'echo' | 'lag' | 'recover'
      readonly seat: number
    }

type Seats = (PresenceViewer | undefined)[]

function take(room: PresenceRoom, seats: Seats, did: Step): void {
  if (did.kind === 'wait') return room.clock.advance(did.ms)
  const viewer = seats[did.seat]
  if (did.kind === 'join') {
    if (viewer !== undefined) return
    seats[did.seat] = room.join(`person ${did.seat}`, did.access)
    // As every stock client does first.
    seats[did.seat]?.say({ is: 'new' })
    return
  }
  if (viewer === undefined) return
  switch (did.kind) {
    case 'move':
      return viewer.say({ is: did.is })
    case 'renew':
      return viewer.renew()
    case 'hide':
      return viewer.say(null)
    case 'echo':
      return viewer.echo()
    case 'forge': {
      const victim = seats[did.victim]
      if (victim === undefined || victim === viewer) return
      const clock = 1000
      viewer.sayEntries([[victim.clientId, clock, '{"is":"forged"}']])
      return viewer.sayEntries([[victim.clientId, clock, 'null']])
    }
    case 'lag':
      return viewer.fallBehind()
    case 'recover':
      return viewer.catchUp()
    case 'leave':
      viewer.leave()
      seats[did.seat] = undefined
  }
}

/** Client id, clock and state of everyone who shows one. */
function truth(seats: Seats): Map<number, readonly [clock: number | undefined, is: unknown]> {
  const present = new Map<number, readonly [number | undefined, unknown]>()
  for (const viewer of seats) {
    const state = viewer?.awareness.getLocalState()
    if (viewer === undefined || state === null || state === undefined) continue
    present.set(viewer.clientId, [viewer.awareness.meta.get(viewer.clientId)?.clock, state['is']])
  }
  return present
}

test('[ROOM-46] whatever happens in whatever order, after the last window everybody holds the same latest states', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }),
      fc.constantFrom(2, 3, 100),
      (steps, readersAbove) => {
        const room = new PresenceRoom({ readersAbove })
        try {
          const seats: Seats = Array.from({ length: SEATS })
          seats.forEach((_, i) =>
            take(room, seats, { kind: 'join', seat: i, access: i % 2 === 0 ? 'edit' : 'read' }),
          )
          for (const did of steps) take(room, seats, did)
          for (const viewer of room.viewers) viewer.catchUp()
          room.clock.advance(LONG_MS)
          const latest = truth(seats)
          for (const viewer of room.viewers) {
            const { meta, states } = viewer.awareness
            const seen = new Map([...states].map(([id, state]) => [id, [meta.get(id)?.clock, state['is']]]))
            assert.deepEqual(seen, latest)
          }
          assert.equal(room.clock.waiting, 0)
        } finally {
          room.dispose()
        }
      },
    ),
    { seed: Number(process.env['FC_SEED'] ?? 20_261_124), numRuns: 200 },
  )
})
