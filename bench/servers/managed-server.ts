/** A server in a process of its own that the load tool may stop, kill and start again. */
export type ManagedServer = {
  readonly name: string
  /** Its HTTP address, ending in `/`. */
  readonly url: string
  /** Where clients connect, with `{room}` where the room's name goes (if it goes there). */
  readonly roomUrl: string
  /** Of the running process; another one after a restart. */
  readonly pid: number
  /** From the start of the process until it was ready, in milliseconds; of the last start. */
  readonly readyMs: number
  readonly dataDirectory: string | undefined
  /** In good order (SIGTERM, then SIGKILL after 20 s), and removes what was made for it. */
  stop(): Promise<void>
  /** SIGKILL to it and all it started; returns when it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same port and data; in good order before, if it still runs. */
  restart(): Promise<void>
}
