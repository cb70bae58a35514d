/**
 * Starts work that nobody awaits. The only place where a promise is left alone, so that every
 * failure has an owner: `onError` is told, and nothing becomes an unhandled rejection.
 */
export function runInBackground(task: () => Promise<void>, onError: (error: unknown) => void): void {
  task().catch(onError)
}
