/** One run: the actions that the seed draws, then quiet, then the comparison of everything. */
import { ACTIONS } from './actions.ts'
import { ACTION_NAMES, type ActionName } from './action-names.ts'
import { compareAll } from './compare.ts'
import { comeToRest } from './rest.ts'
import { World } from './world.ts'

/** How much of what led to a violation is told. */
const TOLD_STEPS = 40

export type RunFacts = {
  readonly seed: number
  readonly steps: number
  readonly deliveries: number
  readonly frames: number
  readonly kills: number
  readonly closes: number
  readonly fates: Readonly<Record<string, number>>
}

/** Throws with the seed and the last steps when a rule was broken. */
export async function simulate(seed: number): Promise<RunFacts> {
  const world = new World(seed)
  const trace: string[] = []
  try {
    if (world.random.chance(0.7)) for (const client of world.clients) world.connect(client)
    const draw = drawAction(world)
    for (let step = 0; step < world.shape.steps; step += 1) {
      const name = draw()
      trace.push(name)
      await ACTIONS[name](world)
      await world.settle()
    }
    trace.push('rest')
    await comeToRest(world)
    trace.push('compare')
    await compareAll(world)
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const told = trace.slice(-TOLD_STEPS).join(' ')
    throw new Error(
      `seed ${seed}, step ${trace.length}: ${what}\nlast steps: ${told}\nrun it again with SIM_SEED=${seed}`,
      { cause: error },
    )
  }
  return { seed, steps: trace.length, ...world.counts, fates: world.disk.fates }
}

function drawAction({ random, shape }: World): () => ActionName {
  const names = Object.keys(ACTION_NAMES) as ActionName[]
  const total = names.reduce((sum, name) => sum + shape.weights[name], 0)
  return () => {
    let left = (random.int(1_000_000) / 1_000_000) * total
    for (const name of names) {
      left -= shape.weights[name]
      if (left < 0) return name
    }
    return 'tick'
  }
}
