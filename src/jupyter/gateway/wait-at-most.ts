/** Waits for `work`, but not longer than `maxMs`; the work itself goes on. Its failure ends the wait. */
export async function waitAtMost(work: () => Promise<void>, maxMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, maxMs)
    const stop = (): void => {
      clearTimeout(timer)
      resolve()
    }
    work().then(stop, stop)
  })
}
