import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { isAlive } from '../../src/jupyter/supervisor/lab-process.ts'
import { SUPERVISOR_TIMES } from '../../src/jupyter/supervisor/supervisor.ts'
import { type FakeBehavior, fakeStarts, installFakeJupyter, setFakeBehavior } from './fake-lab.ts'
import { tempDir } from './temp-dir.ts'

/** Short times, so that tests wait for conditions and not for policies. */
export const QUICK_LAB = {
  ...SUPERVISOR_TIMES,
  readyMs: 10_000,
  pollMs: 20,
  stopMs: 1_000,
  adoptMs: 2_000,
  firstBackoffMs: 10,
  maxBackoffMs: 40,
}

export type LabFolder = { readonly folder: string; readonly command: string; readonly dataDir: string }

/** A fake `jupyter` and an empty data folder; whatever was started there is ended after the test. */
export async function labFolder(t: TestContext, behavior: FakeBehavior = ''): Promise<LabFolder> {
  let folder = ''
  // Before the folder's own hook: it removes the list of what was started.
  t.after(async () => {
    for (const { pid } of await fakeStarts(folder)) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  folder = join(await tempDir(t), 'bin')
  const command = await installFakeJupyter(folder)
  await setFakeBehavior(folder, behavior)
  return { folder, command, dataDir: join(dirname(folder), 'data') }
}
