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

  constructor(connection: C, { access, onEnded }: GuestOptions) {
    this.connection = connection
    this.#access = access
    this.#onEnded = onEnded
  }

  get access(): Access {
    return this.#access
  }

  /** The room is ready. */
  enter(entered: Entered): void {
    this.#entered = entered
    // It may have changed while the room was loaded.
    entered.changeAccess(this.#access)
    this.connection.attach(entered)
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

  close(reason: EndReason): void {
    this.connection.close(ERRORS[reason].close)
  }
}
