import type { Locate } from '../config/check-meaning.ts'
import type { Config } from '../config/schema.ts'

/** What the commands know of the application; `app.ts` builds it, `main.ts` hands it in. */
export type RunningApp = {
  /** Address with the base path, e.g. `http://127.0.0.1:8890/`. */
  readonly url: string
  /** Saves, flushes and closes everything; shares one promise between callers. */
  close(): Promise<void>
}

export type AppOptions = {
  readonly config: Config
  readonly version: string
  /** Where its keys are set, for those who ask why something is so. */
  readonly locate?: Locate | undefined
}

export type StartApp = (options: AppOptions) => Promise<RunningApp>
