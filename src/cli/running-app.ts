import type { Locate } from '../config/check-meaning.ts'
import type { Config } from '../config/schema.ts'

/** What the commands know of the application; `app.ts` builds it, `main.ts` hands it in. */
export type RunningApp = {
  /** Reads the configuration again, in the background, and takes over what can be. */
  reload(): void
  /** Address with the base path, e.g. `http://127.0.0.1:8890/`. */
  readonly url: string
  /** Saves, flushes and closes everything; shares one promise between callers. */
  close(): Promise<void>
}

export type ReadConfig = {
  readonly config: Config
  /** Where its keys are set, for those who ask why something is so. */
  readonly locate?: Locate | undefined
}

/** Where the configuration came from, to read it again. */
export type ConfigSource = {
  /** The file to watch, if there is one. */
  readonly file: string | undefined
  /** The effective configuration, by the same way as at the start. Throws `ConfigError`. */
  readonly load: () => Promise<ReadConfig>
}

export type AppOptions = ReadConfig & {
  readonly version: string
  /** Absent when it cannot be read again. */
  readonly source?: ConfigSource | undefined
}

export type StartApp = (options: AppOptions) => Promise<RunningApp>
