/** From a measured load to how much of it a core and a gigabyte carry. */
import type { GroupResult, RunResult } from '../result.ts'

/** A core that is busier than this has no room for a burst: garbage collection, joins, a save. */
export const USABLE_CORE = 0.7

export type Capacity = {
  readonly people: number
  readonly rooms: number
  readonly cpuShare: number
  /** Above that of a server without anybody. */
  readonly bytes: number
  readonly peoplePerCore: number
  readonly peoplePerGigabyte: number
  /** Of the slowest group; undefined where nobody typed. */
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
}

const GIGABYTE = 1e9

/** By proportion. Undefined where the server was not watched. */
export function capacityOf({ scenario, steps, server, groups }: RunResult): Capacity | undefined {
  const cpuShare = steps[0]?.serverCpuShare
  if (server === undefined || cpuShare === undefined) return undefined
  const people = scenario.groups.reduce((sum, group) => sum + group.rooms * group.clients, 0)
  const rooms = scenario.groups.reduce((sum, group) => sum + group.rooms, 0)
  const bytes = Math.max(1, server.rssBytesPeak - server.rssBytesBefore)
  return {
    people,
    rooms,
    cpuShare,
    bytes,
    peoplePerCore: (people * USABLE_CORE) / Math.max(0.001, cpuShare),
    peoplePerGigabyte: (people * GIGABYTE) / bytes,
    p50Ms: slowest(groups, 'p50Ms'),
    p99Ms: slowest(groups, 'p99Ms'),
  }
}

function slowest(groups: readonly GroupResult[], percentile: 'p50Ms' | 'p99Ms'): number | undefined {
  const typed = groups.filter(({ latency }) => latency.count > 0)
  return typed.length === 0 ? undefined : Math.max(...typed.map(({ latency }) => latency[percentile]))
}

/** Two leading digits: more would be a promise. */
export function roughly(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en-US')
}
