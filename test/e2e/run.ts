/** `npm run test:e2e`: makes what is missing, then runs every `*.e2e.ts` one after the other. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, prepareEnvironment } from './environment.ts'

prepareEnvironment()
const only = process.argv.slice(2)
const files =
  only.length > 0
    ? only
    : readdirSync(join(ROOT, 'test/e2e'))
        .filter((file) => file.endsWith('.e2e.ts'))
        .map((file) => join('test/e2e', file))
        .toSorted()
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', '--test', '--test-concurrency=1', '--test-timeout=300000', ...files],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(ROOT, '.e2e/venv/bin')}:${process.env['PATH'] ?? ''}` },
  },
)
process.exitCode = status ?? 1
