import type { Environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'

/** What the commands know of the application; `app.ts` builds it, `main.ts` hands it in. */
export type RunningApp = {
  /** Address with the base path, e.g. `http://127.0.0.1:8890/`. */
  readonly url: string
  /** Saves, flushes and closes everything; shares one promise between callers. */
  close(): Promise<void>
}

export type StartApp = (options: {
  readonly config: Config
  readonly version: string
  /** For what is started as a child. */
  readonly environment: Environment
}) => Promise<RunningApp>
