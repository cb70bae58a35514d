/** `npm run test:faults`: runs every `*.faults.ts` one after the other; they take minutes. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const only = process.argv.slice(2)
const files =
  only.length > 0
    ? only
    : readdirSync(join(ROOT, 'test/faults'))
        .filter((file) => file.endsWith('.faults.ts'))
        .map((file) => join('test/faults', file))
        .toSorted()
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', '--test', '--test-concurrency=1', '--test-timeout=1200000', ...files],
  { cwd: ROOT, stdio: 'inherit' },
)
process.exitCode = status ?? 1
