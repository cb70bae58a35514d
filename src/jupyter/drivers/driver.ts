/** How a Jupyter server is watched, started and stopped, whatever runs it. */

/**
 * - `stopped`: on purpose, and stays so until somebody starts it.
 * - `crashed`: it ended by itself, or does not come up; it is started again by itself.
 * - `unreachable`: run by somebody else, and does not answer.
 */
export type ServerPhase = 'stopped' | 'starting' | 'running' | 'stopping' | 'crashed' | 'unreachable'

export type ServerProgress = {
  /** What is being done, in one sentence. */
  readonly sentence: string
  readonly percent?: number | undefined
}

export type ServerState = {
  readonly phase: ServerPhase
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Why it is so, in one sentence that anybody may read who may see the server at all. */
  readonly detail?: string | undefined
  readonly progress?: ServerProgress | undefined
}

export type StopRequest = {
  /** Who asks, as people call them. */
  readonly by: string
  /**
   * Runs while the server still does, to save what is open. What it returns is added to the detail of
   * the stopped state. A failure does not keep the server from being stopped.
   */
  readonly prepare: () => Promise<string | undefined>
}

/** One Jupyter server. Its address and its token stay the same for the driver's life. */
export interface ServerDriver {
  readonly kind: 'process' | 'external'
  /** Its address with its base URL. */
  readonly url: string
  /** Empty for a server that asks for none. */
  readonly token: string
  readonly state: ServerState
  /** Whether it can be started and stopped here. */
  readonly isControllable: boolean
  /**
   * Resolves when the start is under way and survives our own restart; what comes of it is in `state`.
   * Does nothing for a server that runs or is starting. Throws `SyncError` `server_not_controlled`.
   */
  start(): Promise<void>
  /** The same for the end. A start that is under way is given up. */
  stop(request: StopRequest): Promise<void>
  /** Called after each change, until the returned function is. Listeners must not throw. */
  onChange(listener: (state: ServerState) => void): () => void
  /** The end of its log, oldest line first, without its token; undefined where there is none. */
  logTail(maxLines: number): Promise<readonly string[] | undefined>
  /**
   * Lets go; a process that was started here is ended, and started again by the next run unless it was
   * stopped on purpose. `leavesAdopted`: one that a former run had started goes on.
   */
  close(options?: { readonly leavesAdopted: boolean }): Promise<void>
}
