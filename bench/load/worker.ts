/** The worker process: answers the coordinator's calls, one after the other, and ends with it. */
import type { CallName, Calls, FromWorker, ToWorker } from './messages.ts'
import { LoadGenerator } from './generator.ts'

export function runWorker(): void {
  const tell = (message: FromWorker): void => {
    if (process.connected) process.send?.(message)
  }
  const generator = new LoadGenerator((tick) => tell({ type: 'tick', tick }))
  const handlers: { [Name in CallName]: (body: Calls[Name][0]) => Promise<Calls[Name][1]> } = {
    prepare: async ({ scenario, index }) => generator.prepare(scenario, index),
    seed: async () => generator.seed(),
    populate: async () => generator.populate(),
    connect: async () => generator.connect(),
    plan: async (step) => generator.plan(step),
    go: async ({ startAt }) => generator.go(startAt),
    drain: async ({ patienceMs }) => generator.drain(patienceMs),
    verify: async () => generator.verify(),
    hold: async () => generator.hold(),
    release: async () => generator.release(),
    seen: async () => generator.seen(),
    witness: async (edits) => generator.witness(edits),
    drop: async () => generator.drop(),
    finish: async () => generator.finish(),
  }
  process.on('message', ({ id, name, body }: ToWorker) => {
    const handler = handlers[name] as (body: unknown) => Promise<unknown>
    handler(body).then(
      (answer) => tell({ type: 'answer', id, body: answer }),
      (error: unknown) =>
        tell({
          type: 'fault',
          id,
          message: error instanceof Error ? error.message : String(error),
        }),
    )
  })
  process.on('disconnect', () => process.exit(0))
  // Ctrl+C reaches the whole terminal group; the coordinator decides what it means.
  process.on('SIGINT', () => {})
}
