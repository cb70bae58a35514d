/** The loads of the standard set and what is read off each. */
import { BENCH, LIMITS } from '../config.ts'
import type { ScenarioPart } from '../plan/draft.ts'
import { bestStep } from '../report/sections.ts'
import type { RunResult } from '../result.ts'
import type { Figure } from './figures.ts'

export type StandardLoad = {
  readonly name: string
  readonly scenario: ScenarioPart
  readonly figures: (result: RunResult) => readonly Figure[]
  /** What is read off does not depend on how fast the load is made. */
  readonly isIndependent?: boolean
}

const { typing, rooms, audience, presence, joins, ramp, kill } = BENCH

const typed: StandardLoad = {
  name: 'typing',
  scenario: {
    warmUpSeconds: typing.warmUpSeconds,
    forSeconds: typing.forSeconds,
    groups: [{ clients: typing.people, writers: typing.people, rate: typing.keysPerSecond }],
  },
  figures: ({ groups }) => [
    {
      what: 'delivery of a keystroke, p50 (2 people, 10 keys/s each, fsync always)',
      value: groups[0]?.latency.p50Ms,
      limit: LIMITS.deliveryP50Ms,
      unit: 'ms',
    },
    {
      what: 'delivery of a keystroke, p99',
      value: groups[0]?.latency.p99Ms,
      limit: LIMITS.deliveryP99Ms,
      unit: 'ms',
    },
  ],
}

const many: StandardLoad = {
  name: 'rooms',
  scenario: {
    forSeconds: rooms.forSeconds,
    groups: [{ rooms: rooms.rooms, clients: rooms.people, writers: rooms.people, rate: rooms.keysPerSecond }],
  },
  figures: ({ groups }) => [
    {
      what: '10 rooms of 10, everybody at 10 keys/s, p99',
      value: groups[0]?.latency.p99Ms,
      limit: LIMITS.roomsP99Ms,
      unit: 'ms',
    },
  ],
}

const large: StandardLoad = {
  name: 'audience',
  scenario: {
    forSeconds: audience.forSeconds,
    groups: [{ clients: audience.people, writers: audience.writers, rate: audience.keysPerSecond }],
  },
  figures: ({ groups }) => [
    {
      what: 'one room of 50, 10 at 10 keys/s, p99',
      value: groups[0]?.latency.p99Ms,
      limit: LIMITS.audienceP99Ms,
      unit: 'ms',
    },
  ],
}

const cursors: StandardLoad = {
  name: 'presence',
  scenario: {
    forSeconds: presence.forSeconds,
    groups: [{ name: 'presence', clients: presence.people, writers: 0, cursorRate: presence.movesPerSecond }],
  },
  figures: ({ groups }) => [
    {
      what: 'presence storm: 100 cursors at 5 Hz in one room, p99',
      value: groups[0]?.presence.p99Ms,
      limit: LIMITS.presenceP99Ms,
      unit: 'ms',
    },
  ],
}

const storm: StandardLoad = {
  name: 'joins',
  scenario: {
    forSeconds: joins.forSeconds,
    groups: [
      {
        name: 'storm',
        clients: joins.people,
        writers: 0,
        document: { shape: 'notebook', bytes: joins.documentBytes },
        arriveAfterSeconds: joins.afterSeconds,
      },
      { name: 'bystander', clients: 2, writers: 1, rate: joins.bystanderKeysPerSecond },
    ],
  },
  figures: ({ groups }) => [
    {
      what: 'join storm: 100 people open a 1 MB notebook, all there after',
      value: groups[0]?.allJoinedMs,
      limit: LIMITS.allJoinedMs,
      unit: 'ms',
    },
    {
      what: 'meanwhile a keystroke in another room, p99',
      value: groups[1]?.latency.p99Ms,
      limit: LIMITS.bystanderP99Ms,
      unit: 'ms',
    },
  ],
}

const climb: StandardLoad = {
  name: 'ramp',
  scenario: {
    ramp: { p99Ms: ramp.p99Ms, from: ramp.from, to: ramp.to, stepSeconds: ramp.stepSeconds },
    groups: [{ rooms: ramp.rooms, clients: ramp.people, writers: ramp.people }],
  },
  figures: ({ steps }) => [
    {
      what: `ramp: 10 rooms of 10, most deliveries with p99 below 100 ms${isAtEnd(steps) ? ' (the ladder ends there)' : ''}`,
      value: bestStep(steps)?.deliveriesPerSecond ?? 0,
      limit: LIMITS.sustained,
      unit: '/s',
      isMoreBetter: true,
    },
  ],
}

const killed: StandardLoad = {
  name: 'kill',
  isIndependent: true,
  scenario: {
    forSeconds: kill.forSeconds,
    kill: { after: 'start', seconds: kill.afterSeconds },
    groups: [{ rooms: kill.rooms, clients: kill.people, writers: kill.people, rate: kill.keysPerSecond }],
  },
  figures: (result) => [
    {
      what: `kill -9 under load: edits lost that somebody had seen (of ${result.kill?.seen ?? 0})`,
      value: result.kill?.lost,
      limit: LIMITS.lost,
      unit: '',
    },
    {
      what: 'kill -9 under load: back after',
      value: result.kill?.backAfterMs,
      limit: LIMITS.backAfterMs,
      unit: 'ms',
    },
  ],
}

export const STANDARD_LOADS: readonly StandardLoad[] = [typed, many, large, cursors, storm, climb, killed]

/** Nothing above was tried, so the server may bear more. */
function isAtEnd(steps: RunResult['steps']): boolean {
  return (bestStep(steps)?.rate ?? 0) >= ramp.to
}
