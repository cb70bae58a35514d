/** docs/sizing.md: what was measured, the commands for it, and the arithmetic from it. */
import type { RunResult } from '../result.ts'
import { USABLE_CORE, capacityOf, roughly } from './arithmetic.ts'
import { type MeasuredSeries, seriesSection } from './series-section.ts'

export type MeasuredProfile = {
  readonly name: string
  readonly command: string
  readonly result: RunResult
}

export type Measured = {
  readonly series: readonly MeasuredSeries[]
  readonly profiles: readonly MeasuredProfile[]
  readonly date: string
  readonly commit: string
}

export type Report = {
  readonly markdown: string
  /** File name -> SVG, beside the report in `sizing/`. */
  readonly plots: ReadonlyMap<string, string>
}

export function renderSizing(measured: Measured): Report {
  const plots = new Map<string, string>()
  const machine = measured.profiles[0]?.result ?? measured.series[0]?.points[0]?.result
  const markdown = [
    '# How many people fit',
    '',
    'Written by `npm run bench:sizing`; do not edit. Every figure is from one run of the load tool on one machine, with clients and server on it; measure your own with the commands.',
    '',
    `- date: ${measured.date}; commit ${measured.commit}`,
    `- machine: ${machine?.machine.cpus} × ${machine?.machine.model}, ${((machine?.machine.memoryBytes ?? 0) / 2 ** 30).toFixed(0)} GiB; Node ${machine?.node}`,
    '- server: one process, defaults (`fsync: always`), which uses one core; the load tool uses another',
    '',
    ...profileSection(measured.profiles),
    ...measured.series.flatMap((one) =>
      seriesSection(one, { folder: 'sizing', plots, commandRuns: 'one point' }),
    ),
    ...beyondSection(),
  ].join('\n')
  return { markdown, plots }
}

function profileSection(profiles: readonly MeasuredProfile[]): string[] {
  const rows = profiles.flatMap(({ name, result }) => {
    const capacity = capacityOf(result)
    if (capacity === undefined) return []
    const { people, rooms, cpuShare, bytes, peoplePerCore, peoplePerGigabyte, p50Ms, p99Ms } = capacity
    const failed = result.isPass ? '' : ' (verification failed)'
    return `| ${name}${failed} | ${people} in ${rooms} | ${(cpuShare * 100).toFixed(0)} % | ${(bytes / 1e6).toFixed(0)} MB | ${p50Ms === undefined || p99Ms === undefined ? '–' : `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)} ms`} | ${roughly(peoplePerCore)} | ${roughly(peoplePerGigabyte)} |`
  })
  return [
    '## By profile',
    '',
    `*A core carries* so many people when it is ${USABLE_CORE * 100} % busy, the rest being for bursts; *a gigabyte* those whose memory above an empty server it holds. Both by proportion from the run in the row. [load-tool.md](load-tool.md) says what people do in each profile.`,
    '',
    '| profile | people in rooms | server CPU | memory for them | edit to the others, p50 / p99 | people a core | people a GB |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    'The commands:',
    '',
    '```sh',
    ...profiles.map(({ command }) => command),
    '```',
    '',
  ]
}

function beyondSection(): string[] {
  return [
    '## Beyond one machine',
    '',
    'One Outrigger process uses one core for rooms, and a room lives in one process. So:',
    '',
    '1. People a process: the smaller of *people a core* and *people a GB* times its memory, from the row that is most like yours. Take away what the largest documents need (the table over document size).',
    '2. Processes: people by that, rounded up, and one more so that one may restart. Each Jupyter server belongs to one process; a class or a team is placed as a whole.',
    '3. A process that restarts gets all its people back within 2.5 s, the stock back-off: plan for the join storm of one process, not of all.',
    '4. Disk: each process needs a local disk that can flush. The log of a document is replaced by a snapshot after `rooms.compactAfterRecords` edits or `rooms.compactAfterBytes`.',
    '',
  ]
}
