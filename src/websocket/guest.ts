/** Somebody behind a connection, from the door to the goodbye: what may be done changes meanwhile. */
import type { Access } from '../access/model.ts'
import type { EndReason, Holder } from '../identity/access-watch.ts'
import { ERRORS } from '../protocol/errors.ts'
import type { Connection, Receiver } from './connection.ts'

/** What a guest enters: a session of a room. */
export type Entered = Receiver & { changeAccess(access: Access): void }

export class Guest implements Holder {
  readonly connection: Connection
  #access: Access
  #entered: Entered | undefined

  constructor(connection: Connection, access: Access) {
    this.connection = connection
    this.#access = access
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

  ended(reason: EndReason): void {
    this.accessChanged('none')
    this.connection.close(ERRORS[reason].close)
  }
}
