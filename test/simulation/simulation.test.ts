/**
 * Any interleaving of people, batches, slow readers, cut lines, restarts and faults of the disk: no
 * peer is ever shown what a crash could take back, nothing that came after its author might not write
 * is ever stored, and in the end everybody has the same. Access is taken and given at any moment.
 *
 *   SIM_SEEDS=2000 npm test -- test/simulation/simulation.test.ts
 *   SIM_SEED=17    npm test -- test/simulation/simulation.test.ts    that run alone
 */
import { test } from 'node:test'
import { simulate } from './run.ts'

const ONE = process.env['SIM_SEED']
const FIRST = Number(process.env['FC_SEED'] ?? 1)
const SEEDS = Number(process.env['SIM_SEEDS'] ?? 300)
/** One test has two minutes. */
const SEEDS_A_TEST = 100

const seeds = ONE === undefined ? Array.from({ length: SEEDS }, (_, i) => FIRST + i) : [Number(ONE)]
for (let i = 0; i < seeds.length; i += SEEDS_A_TEST) {
  const part = seeds.slice(i, i + SEEDS_A_TEST)
  test(`[ROOM-10] [ROOM-11] [ACCESS-41] [ACCESS-42] what anybody was shown is stored, nothing is stored of who may not write, and all copies converge (seeds ${part[0]} to ${part.at(-1)})`, async () => {
    for (const seed of part) await simulate(seed)
  })
}
