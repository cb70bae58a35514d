/** Where things lie in a clone of the repository; the comparison needs one. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Two folders up, seen from this file and from the bundle in `dist/bench` alike. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export type Places = {
  readonly root: string
  readonly peers: string
  /** Raw measurements, one JSON document a line; not in git. */
  readonly data: string
  readonly report: string
  readonly plots: string
}

/** Throws where there is no clone: the published package has no peers. */
export function findPlaces(): Places {
  const peers = join(ROOT, 'bench', 'peers')
  if (!existsSync(join(peers, 'package-lock.json'))) {
    throw new Error('the comparison needs bench/peers. Run it in a clone of the repository.')
  }
  return {
    root: ROOT,
    peers,
    data: join(ROOT, '.bench', 'compare.jsonl'),
    report: join(ROOT, 'bench', 'RESULTS.md'),
    plots: join(ROOT, 'bench', 'results'),
  }
}
