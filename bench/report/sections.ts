/** What a result says, as tables and sentences: the terminal and the page show the same. */
import type { GroupResult, RunResult, StepResult, Summary } from '../result.ts'
import {
  counted,
  formatBytes,
  formatCount,
  formatMicroseconds,
  formatMs,
  formatRate,
  formatShare,
} from './format.ts'

export type Section = {
  readonly title: string
  readonly head: readonly string[]
  /** The first cell is a name, the others are figures. */
  readonly rows: readonly (readonly string[])[]
  /** Sentences below the table, or instead of one. */
  readonly notes: readonly string[]
}

export function sectionsOf(result: RunResult): Section[] {
  const { scenario, steps, server, kill, errors } = result
  return [
    timesSection(result),
    ...(scenario.ramp === undefined ? [] : [rampSection(steps)]),
    trafficSection(result),
    ...(server === undefined ? [] : [serverSection(result)]),
    ...(kill === undefined ? [] : [killSection(kill)]),
    generatorSection(result),
    ...(Object.keys(errors).length === 0 ? [] : [errorSection(errors)]),
    verificationSection(result),
  ]
}

/** The last line: whether it passed, and if not, why. */
export function verdictOf(result: RunResult): string {
  if (result.isPass) return 'PASS'
  const { verification, kill, steps, scenario } = result
  const last = steps.at(-1)
  const reasons = [
    ...(verification.isOk ? [] : ['verification failed']),
    ...((kill?.lost ?? 0) > 0 ? [`${counted(kill?.lost ?? 0, 'edit')} that somebody had seen lost`] : []),
    ...(scenario.ramp === undefined && last !== undefined && !last.isSustained ? [last.why] : []),
  ]
  return `FAIL: ${reasons.length === 0 ? 'nothing was measured' : reasons.join('; ')}`
}

/** The fastest step that was sustained. */
export function bestStep(steps: readonly StepResult[]): StepResult | undefined {
  return steps.filter(({ isSustained }) => isSustained).toSorted((a, b) => b.rate - a.rate)[0]
}

const KINDS = [
  ['latency', 'edits'],
  ['outputs', 'outputs'],
  ['presence', 'presence'],
  ['joins', 'joins'],
  ['catchUp', 'catching up'],
] as const satisfies readonly (readonly [keyof GroupResult, string])[]

function timesSection({ groups, scenario }: RunResult): Section {
  const rows = groups.flatMap((group) =>
    KINDS.filter(([key]) => group[key].count > 0).map(([key, words]) => [
      groups.length > 1 ? `${group.name}: ${words}` : words,
      ...timesOf(group[key]),
    ]),
  )
  const joined = groups
    .filter(({ allJoinedMs }) => allJoinedMs > 0)
    .map(({ name, allJoinedMs }) => `${name}: all had joined ${formatMs(allJoinedMs)} after the first began.`)
  return {
    title: 'Times, from the intended moment',
    head: ['', 'count', 'p50', 'p90', 'p99', 'p99.9', 'max'],
    rows,
    notes: [
      ...(rows.length === 0 ? ['Nothing was delivered in the measured time.'] : []),
      ...(scenario.ramp === undefined ? [] : ['Of all rates tried, those that were not sustained included.']),
      ...joined,
    ],
  }
}

function timesOf({ count, p50Ms, p90Ms, p99Ms, p999Ms, maxMs }: Summary): string[] {
  return [formatCount(count), ...[p50Ms, p90Ms, p99Ms, p999Ms, maxMs].map(formatMs)]
}

function rampSection(steps: readonly StepResult[]): Section {
  const best = bestStep(steps)
  const rows = steps
    .toSorted((a, b) => a.rate - b.rate)
    .map((step) => [
      formatKeys(step.rate),
      formatRate(step.editsPerSecond),
      formatRate(step.deliveriesPerSecond),
      formatMs(step.latency.p50Ms),
      formatMs(step.latency.p99Ms),
      step.serverCpuShare === undefined ? '' : formatShare(step.serverCpuShare),
      `${step.isSustained ? 'sustained' : step.why}${step.isGeneratorBottleneck ? ' †' : ''}`,
    ])
  return {
    title: 'Rates tried, keys of one writer',
    head: ['', 'edits', 'deliveries', 'p50', 'p99', 'server CPU', 'outcome'],
    rows,
    notes: [
      best === undefined
        ? 'No rate was sustained.'
        : `Highest sustained: ${formatKeys(best.rate)} of each writer, ${formatRate(best.deliveriesPerSecond)} deliveries.`,
      ...(steps.some(({ isGeneratorBottleneck }) => isGeneratorBottleneck)
        ? ['† The load tool was the bottleneck: the server may bear more.']
        : []),
    ],
  }
}

function formatKeys(rate: number): string {
  return `${Number(rate.toFixed(2))} keys/s`
}

function trafficSection({ groups, scenario, steps }: RunResult): Section {
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0)
  return {
    title: scenario.ramp === undefined ? 'Traffic of the measured time' : 'Traffic of all steps',
    head: ['', 'clients', 'edits', 'deliveries', 'expected', 'deliveries/s', 'received', 'frames'],
    rows: groups.map((group) => [
      group.name,
      formatCount(group.clients),
      formatCount(group.edits),
      formatCount(group.deliveries),
      formatCount(group.deliveriesExpected),
      formatRate(seconds === 0 ? 0 : group.deliveries / seconds),
      formatBytes(group.bytesReceived),
      formatCount(group.framesReceived),
    ]),
    notes: ['A delivery is one edit at one other client; frames may carry several.'],
  }
}

function serverSection({ server, steps, scenario, kill }: RunResult): Section {
  if (server === undefined) return { title: 'Server', head: [], rows: [], notes: [] }
  // The last rates of a search are the ones that failed.
  const step = bestStep(steps) ?? steps.at(-1)
  const share = step?.serverCpuShare
  return {
    title: `Server, process ${server.pid}`,
    head: [
      'CPU',
      'CPU per delivery',
      'CPU in all',
      'RSS before',
      'connected',
      'after',
      'peak',
      'data folder',
    ],
    rows: [
      [
        share === undefined ? 'unknown' : `${formatShare(share)} of a core`,
        server.cpuMsPerDelivery === 0 ? '' : formatMicroseconds(server.cpuMsPerDelivery * 1000),
        `${server.cpuSeconds.toFixed(2)} s`,
        formatBytes(server.rssBytesBefore),
        formatBytes(server.rssBytesConnected),
        formatBytes(server.rssBytesAfter),
        formatBytes(server.rssBytesPeak),
        server.diskBytes === undefined ? '' : formatBytes(server.diskBytes),
      ],
    ],
    notes: [
      ...(scenario.ramp === undefined || step === undefined || share === undefined
        ? []
        : [`CPU: at ${formatKeys(step.rate)}. CPU per delivery: over all rates tried.`]),
      ...(share === undefined && kill !== undefined
        ? ['A restarted server is another process: CPU in all is of the last one alone.']
        : []),
    ],
  }
}

function killSection(kill: NonNullable<RunResult['kill']>): Section {
  return {
    title: 'kill -9',
    head: ['', 'edits', 'lost'],
    rows: [
      ['seen by somebody else', formatCount(kill.seen), formatCount(kill.lost)],
      ['sent', formatCount(kill.sent), formatCount(kill.sentLost)],
    ],
    notes: [
      `The server was back after ${formatMs(kill.backAfterMs)}.`,
      'Looked at before any client came back with its own copy. An edit that was sent and that nobody else had seen may be lost.',
    ],
  }
}

function generatorSection({ generator }: RunResult): Section {
  const { workers, lag } = generator
  return {
    title: 'Load tool',
    head: ['', 'CPU', 'event loop'],
    rows: workers.map(({ cpuShare, loopShare }, index) => [
      `worker ${index + 1}`,
      `${formatShare(cpuShare)} of a core`,
      formatShare(loopShare),
    ]),
    notes: [
      ...(lag.count === 0
        ? []
        : [`Edits were sent ${formatMs(lag.p50Ms)} late at the median, ${formatMs(lag.p99Ms)} at p99.`]),
      generator.isBottleneck
        ? `THE LOAD TOOL WAS THE BOTTLENECK: ${generator.why}. The figures say less about the server.`
        : 'It was not the bottleneck.',
    ],
  }
}

/** Reasons are words of the server: it may have a new one for each connection. */
const MOST_ERRORS = 20

function errorSection(errors: Readonly<Record<string, number>>): Section {
  const sorted = Object.entries(errors).toSorted((a, b) => b[1] - a[1])
  const rest = sorted.slice(MOST_ERRORS)
  const others = rest.reduce((sum, [, count]) => sum + count, 0)
  return {
    title: 'Errors',
    head: ['', 'count'],
    rows: [
      ...sorted.slice(0, MOST_ERRORS).map(([text, count]) => [text, formatCount(count)]),
      ...(rest.length === 0 ? [] : [[`${counted(rest.length, 'other text')}`, formatCount(others)]]),
    ],
    notes: [],
  }
}

function verificationSection({ verification }: RunResult): Section {
  const { isOk, rooms, clients, editsChecked, failures } = verification
  const checked = `${counted(clients, 'client')} of ${counted(rooms, 'room')} and ${counted(editsChecked, 'edit')} were compared`
  // After a kill behind the last delivery everybody's copy is no witness; the kill's figures are.
  const words =
    rooms === 0 && isOk
      ? 'Contents were not compared; what the restarted server had was.'
      : isOk
        ? `${checked}: all converged, nothing is missing.`
        : `FAILED. ${checked}:`
  return { title: 'Verification', head: [], rows: [], notes: [words, ...failures] }
}
