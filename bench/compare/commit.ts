/** Which state of the code was measured. */
import { execFileSync } from 'node:child_process'

/** What a run of the comparison itself writes does not make the code another. */
const CODE = ['src', 'bench', 'package-lock.json', ':!bench/RESULTS.md', ':!bench/results']

/** The short hash, with "+ changes" when files that matter differ from it; `unknown` outside of git. */
export function currentCommit(root: string): string {
  try {
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    const hash = git('rev-parse', '--short=10', 'HEAD')
    const isChanged = git('status', '--porcelain', '--', ...CODE) !== ''
    return isChanged ? `${hash} + changes` : hash
  } catch {
    return 'unknown'
  }
}
