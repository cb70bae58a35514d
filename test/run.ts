/**
 * `npm test [-- FILE…]`: runs every `*.test.ts` below `test/`, or the files named. Node 20 does not
 * expand globs for its test runner, hence this file.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const named = process.argv.slice(2)
const files =
  named.length > 0
    ? named
    : readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => join('test', file))
        .toSorted()

const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', '--test', '--test-timeout=120000', '--test-concurrency=2', ...files],
  { cwd: ROOT, stdio: 'inherit' },
)
process.exitCode = status ?? 1
