export type ClosingStep = { readonly what: string; readonly close: () => void | Promise<void> }

/**
 * Runs every step in order, also when one before it failed; throws all failures together at the end.
 * So a file that cannot be saved does not keep the store from being closed.
 */
export async function closeInOrder(steps: readonly ClosingStep[]): Promise<void> {
  const failures: Error[] = []
  for (const { what, close } of steps) {
    try {
      await close()
    } catch (error) {
      failures.push(new Error(`closing ${what} failed`, { cause: error }))
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, failures.map(({ message }) => message).join('; '))
}
