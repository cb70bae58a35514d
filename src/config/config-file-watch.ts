import { type FSWatcher, realpathSync, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

export type ConfigFileWatchOptions = {
  readonly file: string
  /** Something may have changed in it. Must not throw. */
  readonly onChange: () => void
  /** It cannot be watched. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Whoever writes a file is done when nothing has happened for so long. */
  readonly settleMs?: number | undefined
}

const SETTLE_MS = 200

/**
 * Watches a file by its folder, because editors and deployment tools put a new file in place of the
 * old one. Kubernetes mounts a link to a file in a folder whose own link, `..data`, it changes.
 */
export class ConfigFileWatch {
  readonly #options: ConfigFileWatchOptions
  readonly #watchers: FSWatcher[] = []
  #settling: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: ConfigFileWatchOptions) {
    this.#options = options
    this.#watch()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#settling)
    this.#stop()
  }

  #watch(): void {
    this.#stop()
    const link = resolve(this.#options.file)
    const target = targetOf(link)
    const names = new Set([basename(link), basename(target)])
    for (const folder of new Set([dirname(link), dirname(target)])) {
      try {
        const watcher = watch(folder, { persistent: false }, (_event, name) => {
          if (name === null || names.has(name) || name.startsWith('..')) this.#changed()
        })
        watcher.on('error', (error) => this.#options.onError(error))
        this.#watchers.push(watcher)
      } catch (error) {
        this.#options.onError(error)
      }
    }
  }

  #stop(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close()
  }

  #changed(): void {
    if (this.#isClosed) return
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => {
      // The link may lead elsewhere now.
      this.#watch()
      this.#options.onChange()
    }, this.#options.settleMs ?? SETTLE_MS)
  }
}

function targetOf(link: string): string {
  try {
    return realpathSync(link)
  } catch {
    return link
  }
}
