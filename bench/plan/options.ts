/** From the command line to what is to be done, complete and checked. */
import { ConfigError, type Fault } from '../../src/config/fault.ts'
import { closest } from '../../src/config/suggest.ts'
import { meaningFaults } from './check-meaning.ts'
import { type Draft, type ScenarioPart, settle } from './draft.ts'
import { isOwnMachine } from './hosts.ts'
import { parsePlan } from './plan-file.ts'
import { PROFILES, PROFILE_NAMES, type ProfileName } from './profiles.ts'
import { type GivenFlags, readFlags } from './read-flags.ts'

/** Where the result goes beside the terminal. */
export type OutputPlan = {
  /** `-`: stdout. */
  readonly json: string | undefined
  readonly html: string | undefined
  readonly isQuiet: boolean
}

export type ServerPlan =
  /** An Outrigger of our own. */
  | { readonly kind: 'fresh' }
  | {
      readonly kind: 'command'
      readonly command: string
      readonly port: number
      readonly data: string | undefined
    }
  | { readonly kind: 'running'; readonly pid: number | undefined; readonly data: string | undefined }

export type BenchPlan =
  | { readonly kind: 'standard'; readonly output: OutputPlan }
  | { readonly kind: 'run'; readonly draft: Draft; readonly server: ServerPlan; readonly output: OutputPlan }

export type Surroundings = {
  /** Throws what `fs` throws. */
  readonly readFile: (path: string) => string
  /** Tells the rooms of this run from those of other runs. */
  readonly roomPrefix: string
}

const SCHEMES = ['ws:', 'wss:', 'http:', 'https:']

/** Throws a ConfigError that names everything that is wrong, with the fix. */
export function planBench(args: readonly string[], surroundings: Surroundings): BenchPlan {
  const flags = readFlags(args)
  const output: OutputPlan = {
    json: flags.text('json'),
    html: flags.text('html'),
    isQuiet: flags.isSet('quiet'),
  }
  if (!flags.hasLoad) return { kind: 'standard', output }
  const plan = planOf(flags.text('plan'), surroundings)
  const draft = settle({
    profile: profileOf(flags.text('profile')),
    plan,
    flags: flags.scenario,
    roomPrefix: surroundings.roomPrefix,
  })
  const address = addressOf(draft)
  const server = serverOf(flags, address)
  const faults = [
    ...serverFaults(flags, draft),
    ...hostFaults(flags, address),
    ...rampFlagFaults(flags, plan?.ramp !== undefined),
    ...meaningFaults(draft, server.kind !== 'running'),
  ]
  if (faults.length > 0) throw new ConfigError(faults)
  return { kind: 'run', draft, server, output }
}

function profileOf(name: string | undefined): ScenarioPart | undefined {
  if (name === undefined) return undefined
  if (isProfile(name)) return PROFILES[name].scenario
  const guess = closest(name, PROFILE_NAMES)
  const fix = guess === undefined ? `There are ${PROFILE_NAMES.join(', ')}.` : `Did you mean ${guess}?`
  throw new ConfigError([{ key: '--profile', problem: `"${name}" is not a profile`, fix }])
}

function isProfile(name: string): name is ProfileName {
  return (PROFILE_NAMES as readonly string[]).includes(name)
}

function planOf(file: string | undefined, { readFile }: Surroundings): ScenarioPart | undefined {
  if (file === undefined) return undefined
  let text: string
  try {
    text = readFile(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    const fix = 'Correct the path, or make the file readable.'
    throw new ConfigError([{ key: '--plan', problem: `the file ${file} ${reason}`, fix }])
  }
  return parsePlan(text, file)
}

function addressOf({ url }: Draft): URL | undefined {
  if (url === undefined) return undefined
  const fix = 'Write it like ws://127.0.0.1:1234/{room} or http://127.0.0.1:8888/.'
  const address = URL.canParse(url) ? new URL(url) : undefined
  if (address === undefined || !SCHEMES.includes(address.protocol))
    throw new ConfigError([{ key: 'url (--url)', problem: `"${url}" is not the address of a server`, fix }])
  return address
}

function serverOf(flags: GivenFlags, address: URL | undefined): ServerPlan {
  const command = flags.text('start')
  const data = flags.text('data')
  if (address === undefined) return { kind: 'fresh' }
  if (command !== undefined) return { kind: 'command', command, port: portOf(address), data }
  const pid = flags.text('pid')
  return { kind: 'running', pid: pid === undefined ? undefined : Number(pid), data }
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'wss:' || protocol === 'https:' ? 443 : 80
}

function serverFaults(flags: GivenFlags, { url, protocol }: Draft): Fault[] {
  const has = (name: string): boolean => flags.text(name) !== undefined
  const needsUrl = (name: string): Fault | false =>
    has(name) &&
    url === undefined && {
      key: `--${name}`,
      problem: 'says something of a server that is not named',
      fix: 'Add --url, or leave it out to load a fresh Outrigger.',
    }
  const faults: (Fault | false)[] = [
    ...['start', 'pid', 'data', 'token', 'cookie', 'origin'].map(needsUrl),
    url === undefined &&
      protocol !== 'y-websocket' && {
        key: 'protocol (--protocol)',
        problem: `${protocol} needs a server that speaks it`,
        fix: 'Add --url; without it a fresh Outrigger is loaded by y-websocket.',
      },
    has('start') &&
      has('pid') && {
        key: '--pid',
        problem: 'cannot be combined with --start, which knows the process',
        fix: 'Leave it out.',
      },
    url !== undefined &&
      has('data') &&
      !has('start') &&
      !has('pid') && {
        key: '--data',
        problem: 'is measured beside a process',
        fix: 'Add --pid NUMBER.',
      },
  ]
  return faults.filter((fault) => fault !== false)
}

function hostFaults(flags: GivenFlags, address: URL | undefined): Fault[] {
  if (address === undefined) return []
  if (isOwnMachine(address)) return []
  if (flags.text('start') !== undefined) {
    const problem = `starts a server on this machine, and --url names ${address.hostname}`
    return [{ key: '--start', problem, fix: 'Use 127.0.0.1 in --url.' }]
  }
  if (flags.isSet('i-may-load-this-host')) return []
  return [
    {
      key: 'url (--url)',
      problem: `${address.hostname} is not this machine, and a load test can bring a server down`,
      fix: 'If it is yours to load, add --i-may-load-this-host.',
    },
  ]
}

/** What a ramp decides itself; a flag that changed nothing would be taken for one that did. */
const DECIDED_BY_RAMP = [
  {
    name: 'for',
    problem: 'is not used by a ramp, whose steps have a length of their own',
    fix: 'Leave it out, or set ramp.stepSeconds in a plan file.',
  },
  {
    name: 'warm-up',
    problem: 'is not used by a ramp, which leaves out the first quarter of each step',
    fix: 'Leave it out, or set ramp.stepSeconds in a plan file.',
  },
  {
    name: 'rate',
    problem: 'is not used by a ramp, which searches for it',
    fix: 'Give --ramp-from and --ramp-to.',
  },
] as const

function rampFlagFaults(flags: GivenFlags, isRampPlanned: boolean): Fault[] {
  const has = (name: string): boolean => flags.text(name) !== undefined
  if (has('ramp') || isRampPlanned)
    return DECIDED_BY_RAMP.filter(({ name }) => has(name)).map(({ name, problem, fix }) => ({
      key: `--${name}`,
      problem,
      fix,
    }))
  const part = ['ramp-from', 'ramp-to'].find(has)
  return part === undefined
    ? []
    : [{ key: `--${part}`, problem: 'is nothing without --ramp', fix: 'Add --ramp.' }]
}
