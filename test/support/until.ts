/** Waits for a condition instead of a time; fails with `what` when it does not come true in time. */
export async function until(
  predicate: () => boolean | Promise<boolean>,
  deadlineMs = 5000,
  what = 'condition',
): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!(await predicate())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come true within ${deadlineMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
