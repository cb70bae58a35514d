/** Ctrl+C and SIGTERM: the first stops the run in good order, a second one ends the process at once. */

export type Interruption = { readonly signal: AbortSignal; dispose(): void }

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export function watchInterruption(): Interruption {
  const controller = new AbortController()
  const interrupt = (): void => {
    // The next one meets Node's default: it ends the process, and with it workers and servers.
    for (const name of SIGNALS) process.removeListener(name, interrupt)
    controller.abort(new Error('interrupted'))
  }
  for (const name of SIGNALS) process.on(name, interrupt)
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of SIGNALS) process.removeListener(name, interrupt)
    },
  }
}
