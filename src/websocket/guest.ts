/** Somebody behind a connection, from the door to the goodbye: what may be done changes meanwhile. */
import type { Access, Action } from '../access/model.ts'
import type { EndReason, Holder } from '../identity/access-watch.ts'
import { ERRORS } from '../protocol/errors.ts'
import type { Connection, Receiver } from './connection.ts'

/** What a guest enters: a session of a room. */
export type Entered = Receiver & { changeAccess(access: Access): void }

export type GuestOptions = {
  readonly access: Access
  /** Told once, when nothing of the guest may be applied any more. */
  readonly onEnded?: (() => void) | undefined
}

/** `C` is the connection; as much of it as is used here, in tests. */
export class Guest<C extends Pick<Connection, 'attach' | 'close'> = Connection> implements Holder {
  readonly action: Action = 'room.join'
  readonly connection: C
  #access: Access
  #entered: Entered | undefined
  #onEnded: (() => void) | undefined
  #onLeft: (() => void) | undefined
  #isGone = false

  constructor(connection: C, { access, onEnded }: GuestOptions) {
    this.connection = connection
    this.#access = access
    this.#onEnded = onEnded
  }

  get access(): Access {
    return this.#access
  }

  /** The room is ready. `onLeft` is called once, when the guest is gone. */
  enter(entered: Entered, onLeft?: () => void): void {
    this.#entered = entered
    this.#onLeft = onLeft
    // It may have changed while the room was loaded.
    entered.changeAccess(this.#access)
    this.connection.attach(entered)
    if (this.#isGone) this.left()
  }

  /** The connection is gone. */
  left(): void {
    this.#isGone = true
    this.#onLeft?.()
    this.#onLeft = undefined
  }

  accessChanged(access: Access): void {
    this.#access = access
    this.#entered?.changeAccess(access)
  }

  ended(): void {
    this.accessChanged('none')
    this.#onEnded?.()
    this.#onEnded = undefined
  }

  close(reason: EndReason, sentence?: string): void {
    this.connection.close(ERRORS[reason].close, sentence)
  }
}
