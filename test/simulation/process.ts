/** The server's process: everything that a `kill -9` takes away. Built as `app.ts` builds it. */
import type { Lineage } from '../../src/protocol/names.ts'
import { ERRORS, SyncError } from '../../src/protocol/errors.ts'
import { AccessWatch, type Holder } from '../../src/identity/access-watch.ts'
import type { Judge } from '../../src/identity/gate.ts'
import { Guest } from '../../src/websocket/guest.ts'
import { CommitLoop } from '../../src/room/commit-loop.ts'
import type { RoomPolicy } from '../../src/room/policy.ts'
import { RoomRegistry } from '../../src/room/room-registry.ts'
import { SILENT } from '../support/room-fixture.ts'
import type { SimClient } from './client.ts'
import { SimClock } from './clock.ts'
import { InjectedFault, type SimDisk } from './disk.ts'
import type { SimSocket } from './socket.ts'

export type ProcessOptions = {
  readonly disk: SimDisk
  readonly policy: RoomPolicy
  readonly gapMs: number
  readonly now: number
  /** Names the process, for lineages. */
  readonly number: number
  readonly onTurn: () => void
  readonly judge: Judge
  /** An error that no injected fault explains. */
  readonly onError: (error: unknown) => void
}

export class SimProcess {
  readonly clock: SimClock
  readonly rooms: RoomRegistry
  readonly loop: CommitLoop
  readonly watch: AccessWatch
  /** Closes that wait for their turn, as those of thousands do. */
  #goodbyes: (() => void)[] = []

  constructor({ disk, policy, gapMs, now, number, onTurn, judge, onError }: ProcessOptions) {
    this.clock = new SimClock(now, onTurn)
    const store = disk.mount()
    const onFailure = (error: unknown): void => {
      if (!isExplained(error)) onError(error)
    }
    this.loop = new CommitLoop({
      store,
      clock: this.clock,
      observer: SILENT,
      gapMs,
      retryMs: 10,
      maxRetryMs: 1000,
      onFailure,
    })
    this.watch = new AccessWatch({ judge, renewMs: 60_000, onError })
    let lineages = 0
    this.rooms = new RoomRegistry({
      store,
      loop: this.loop,
      clock: this.clock,
      observer: SILENT,
      policy,
      mintLineage: () => (number * 1000 + (lineages += 1)).toString(16).padStart(32, '0') as Lineage,
      onError: onFailure,
    })
  }

  sayGoodbyes(): void {
    for (const close of this.#goodbyes.splice(0)) close()
  }

  /** As the upgrade handler does it. */
  join(client: SimClient, socket: SimSocket): void {
    const { principal, access } = client
    socket.access = access
    const guest = new Guest(socket, { access })
    const member = {
      principal,
      get access() {
        return guest.access
      },
      peer: socket,
    }
    const holder: Holder = {
      action: guest.action,
      accessChanged: (changed) => {
        socket.access = changed
        guest.accessChanged(changed)
      },
      ended: () => {
        socket.access = 'none'
        guest.ended()
      },
      close: (reason) => this.#goodbyes.push(() => guest.close(reason)),
    }
    socket.onGone = this.watch.hold({ ok: true, principal, access, source: 'cookie' }, holder)
    this.rooms.join(client.place.spec, member, undefined).then(
      (session) => guest.enter(session),
      (error: unknown) => socket.close(ERRORS[error instanceof SyncError ? error.code : 'internal'].close),
    )
  }
}

/** By a fault of the disk, or by the room having lost its document to another owner. */
function isExplained(error: unknown): boolean {
  if (error instanceof InjectedFault) return true
  if (error instanceof SyncError) return error.code === 'store_unavailable' || isExplained(error.cause)
  return error instanceof AggregateError && error.errors.every(isExplained)
}
