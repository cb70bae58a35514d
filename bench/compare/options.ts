/** The flags of the comparison. */
import { parseArgs } from 'node:util'
import { closest } from '../../src/config/suggest.ts'
import { ConfigError, type Fault } from '../../src/config/fault.ts'
import { TARGETS, type Target } from './targets.ts'
import { WORKLOADS, type Workload } from './workloads.ts'

export type CompareOptions = {
  readonly workloads: readonly Workload[]
  readonly targets: readonly Target[]
  readonly repetitions: number
  /** Everything is measured: the data of the last comparison is set aside. */
  readonly isWhole: boolean
  /** What was measured already is not measured again. */
  readonly isResumed: boolean
  /** Nothing is measured; the report is written from the data. */
  readonly isRenderOnly: boolean
  /** As it would be typed, for the report. */
  readonly command: string
}

const REPETITIONS = 3
const MOST_REPETITIONS = 50

/** Throws a ConfigError that names every flag that is wrong. */
export function parseCompareOptions(args: readonly string[]): CompareOptions {
  const { values } = readFlags(args)
  const faults: Fault[] = []
  const workloads = pick({ flag: 'only', text: values.only, all: WORKLOADS, faults })
  const targets = pick({ flag: 'targets', text: values.targets, all: TARGETS, faults })
  if (values.quick && values.repetitions !== undefined) {
    faults.push(fault('quick', 'cannot be combined with --repetitions', 'Give one of them.'))
  }
  const repetitions = values.quick ? 1 : Number(values.repetitions ?? REPETITIONS)
  if (!Number.isInteger(repetitions) || repetitions < 1 || repetitions > MOST_REPETITIONS) {
    const fix = `Give a whole number from 1 to ${MOST_REPETITIONS}.`
    faults.push(fault('repetitions', `${values.repetitions} is not a number of repetitions`, fix))
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return {
    workloads,
    targets,
    repetitions,
    isWhole: values.only === undefined && values.targets === undefined,
    isResumed: values.resume,
    isRenderOnly: values.render,
    command: ['npm run bench:compare', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  }
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        only: { type: 'string' },
        targets: { type: 'string' },
        repetitions: { type: 'string' },
        quick: { type: 'boolean', default: false },
        resume: { type: 'boolean', default: false },
        render: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    const known = '--only, --targets, --repetitions, --quick, --resume, --render'
    const problem = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
    throw new ConfigError([{ key: 'compare', problem, fix: `It knows ${known}.` }])
  }
}

function pick<Named extends { readonly name: string }>(of: {
  readonly flag: string
  readonly text: string | undefined
  readonly all: readonly Named[]
  readonly faults: Fault[]
}): readonly Named[] {
  if (of.text === undefined) return of.all
  const names = of.text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (of.all.some((one) => one.name === name)) continue
    const known = of.all.map((one) => one.name)
    const guess = closest(name, known)
    const fix = guess === undefined ? `Give some of: ${known.join(', ')}.` : `Did you mean ${guess}?`
    of.faults.push(fault(of.flag, `'${name}' is unknown`, fix))
  }
  return of.all.filter(({ name }) => names.includes(name))
}

function fault(flag: string, problem: string, fix: string): Fault {
  return { key: `--${flag}`, problem, fix }
}
