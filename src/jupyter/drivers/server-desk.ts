/** One Jupyter server as its routes and doors see it. */
import type { ErrorCode } from '../../protocol/errors.ts'
import type { ServerDriver, ServerState } from './driver.ts'

export type ServerDesk = Pick<ServerDriver, 'kind' | 'isControllable' | 'start' | 'logTail'> & {
  readonly state: () => ServerState
  /** Saves what is open, tells those inside, and ends it; the answer does not wait for that. */
  readonly stop: (by: string) => Promise<void>
}

export type ServerDeskDeps = {
  readonly driver: ServerDriver
  /** Saves every open file and closes the rooms; gives the files that could not be saved. */
  readonly saveAndLeave: () => Promise<readonly string[]>
  /** Ends the sockets to kernels, terminals and events. */
  readonly closeTunnels: () => void
  /** Told which files could not be saved. */
  readonly onUnsaved: (paths: readonly string[]) => void
}

export function serverDesk({ driver, saveAndLeave, closeTunnels, onUnsaved }: ServerDeskDeps): ServerDesk {
  const prepare = async (): Promise<string | undefined> => {
    const unsaved = await saveAndLeave().finally(closeTunnels)
    if (unsaved.length === 0) return undefined
    onUnsaved(unsaved)
    const files = unsaved.length === 1 ? '1 file' : `${unsaved.length} files`
    return `The latest edits of ${files} could not be saved; they are kept, and saved after the next start.`
  }
  return {
    kind: driver.kind,
    isControllable: driver.isControllable,
    state: () => driver.state,
    start: () => driver.start(),
    stop: (by) => driver.stop({ by, prepare }),
    logTail: (maxLines) => driver.logTail(maxLines),
  }
}

/**
 * Why nobody is let through to this server; undefined when it may answer. While it crashed or cannot
 * be reached, documents go on being edited, and requests find out for themselves.
 */
export function refusalIn({ phase }: ServerState): Extract<ErrorCode, 'server_stopped'> | undefined {
  switch (phase) {
    case 'stopped':
    case 'starting':
    case 'stopping':
      return 'server_stopped'
    case 'running':
    case 'crashed':
    case 'unreachable':
      return undefined
  }
}
