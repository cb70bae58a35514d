/** From a measured load to how much of it a core and a gigabyte carry. */
import type { RunResult } from '../result.ts'

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
  readonly p50Ms: number
  readonly p99Ms: number
}

const GIGABYTE = 1e9

/** Undefined where the server was not watched. Linear: a check, at twice the load, is in the table. */
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
    p50Ms: Math.max(...groups.map(({ latency }) => latency.p50Ms)),
    p99Ms: Math.max(...groups.map(({ latency }) => latency.p99Ms)),
  }
}

/** Two leading digits: more would be a promise. */
export function roughly(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en-US')
}
