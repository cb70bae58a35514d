/**
 * Takes over what changes in the configuration while the server runs: who the people are and what
 * they may do. Everything else waits for a restart, and says so.
 */
import type { Logger } from 'pino'
import type { ConfigSource, ReadConfig } from '../cli/running-app.ts'
import { configChanges, ownerFault } from '../config/config-changes.ts'
import { ConfigFileWatch } from '../config/config-file-watch.ts'
import { ConfigError, formatFault } from '../config/fault.ts'
import type { Config } from '../config/schema.ts'
import { runInBackground } from '../lib/run-in-background.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { People } from './people.ts'

/** `refused`: it has faults, and nothing of it was taken over. */
export type ReloadOutcome = 'applied' | 'unchanged' | 'refused'

export type ConfigReloadDeps = {
  readonly running: Config
  /** Reads everything again, as at the start. Throws `ConfigError`. */
  readonly load: () => Promise<ReadConfig>
  /** Takes over users, groups and grants. */
  readonly apply: (next: ReadConfig) => void
  readonly logger: Logger
  readonly onOutcome: (outcome: ReloadOutcome) => void
}

export class ConfigReload {
  readonly #deps: ConfigReloadDeps
  /** With what was taken over since. */
  #running: Config
  #isWanted = false
  #isAtWork = false
  #isClosed = false

  constructor(deps: ConfigReloadDeps) {
    this.#deps = deps
    this.#running = deps.running
  }

  /** In the background; while one is at work, once more after it. */
  request(): void {
    this.#isWanted = true
    if (this.#isAtWork) return
    this.#isAtWork = true
    runInBackground(
      () => this.#work().finally(() => (this.#isAtWork = false)),
      (error) => this.#deps.logger.error({ err: error }, 'reading the configuration again failed'),
    )
  }

  close(): void {
    this.#isClosed = true
  }

  async #work(): Promise<void> {
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false
      const outcome = await this.#reload()
      if (outcome !== undefined) this.#deps.onOutcome(outcome)
    }
  }

  async #reload(): Promise<ReloadOutcome | undefined> {
    const { load, logger } = this.#deps
    try {
      const next = await load()
      return this.#isClosed ? undefined : this.#take(next)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      const faults = error.faults.map(formatFault)
      logger.error({ faults }, 'the configuration has faults; the one before stays in force')
      return 'refused'
    }
  }

  #take(read: ReadConfig): ReloadOutcome {
    const { apply, logger } = this.#deps
    const next = read.config
    const fault = ownerFault(this.#running, next)
    if (fault !== undefined) throw new ConfigError([fault])
    const { live, atRestart } = configChanges(this.#running, next)
    if (atRestart.length > 0)
      logger.warn({ keys: atRestart }, 'the configuration has changes that need a restart')
    if (live.length === 0) return 'unchanged'
    apply(read)
    this.#running = withPeopleOf(this.#running, next)
    logger.info({ keys: live }, 'changes of the configuration are in force')
    return 'applied'
  }
}

function withPeopleOf(running: Config, { users, groups, resource, auth }: Config): Config {
  return {
    ...running,
    users,
    groups,
    resource: { ...running.resource, viewers: resource.viewers },
    auth: { ...running.auth, defaultViewerAccess: auth.defaultViewerAccess },
  }
}

export type WatchedConfig = {
  readonly config: Config
  readonly source?: ConfigSource | undefined
  readonly people: Pick<People, 'apply'>
  readonly metrics: Pick<Metrics, 'reloaded'>
  readonly logger: Logger
  /** Told beside the metrics. */
  readonly onReload?: ((outcome: ReloadOutcome) => void) | undefined
}

/** Reads it again when it is told to, and when the file changes. */
export function watchConfig({ config, source, people, metrics, logger, onReload }: WatchedConfig): {
  request(): void
  close(): void
} {
  const reload = new ConfigReload({
    running: config,
    load: source?.load ?? (() => Promise.resolve({ config })),
    apply: (next) => people.apply?.(next),
    logger,
    onOutcome: (outcome) => {
      metrics.reloaded(outcome)
      onReload?.(outcome)
    },
  })
  const onError = (error: unknown): void =>
    logger.warn({ err: error }, 'the configuration file cannot be watched; on SIGHUP it is read again')
  const fileWatch =
    source?.file === undefined
      ? undefined
      : new ConfigFileWatch({ file: source.file, onChange: () => reload.request(), onError })
  return {
    request: () => reload.request(),
    close: () => {
      fileWatch?.close()
      reload.close()
    },
  }
}
