import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/**
 * A fresh folder that is gone after the test. Hooks run in the order in which they were registered:
 * what keeps files in the folder open should register its closing before this call.
 */
export async function tempDir(t: TestContext): Promise<string> {
  const created: string[] = []
  t.after(async () => {
    for (const path of created) await rm(path, { recursive: true, force: true, maxRetries: 3 })
  })
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'outrigger-test-')))
  created.push(directory)
  return directory
}
