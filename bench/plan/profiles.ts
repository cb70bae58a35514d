/**
 * Loads that people meet, cut to a minute or less and to what two cores bear. Where a magnitude is
 * not round it comes from what was published: 13.7 code cells in a notebook on average, a run of a
 * cell each 40 s and person, 4 to 6 keys/s while typing, presence renewed each 15 s by stock clients.
 */
import type { GroupPart, ScenarioPart } from './draft.ts'

export const PROFILE_NAMES = [
  'pair',
  'team',
  'class',
  'lecture',
  'idle',
  'restart-storm',
  'output-flood',
  'join-storm',
  'cold-load',
] as const
export type ProfileName = (typeof PROFILE_NAMES)[number]

export type Profile = {
  /** For the help text. */
  readonly about: string
  readonly scenario: ScenarioPart
}

/** As JupyterLab does: a cursor with each key, and a renewal. */
const PRESENT: GroupPart = { cursorFollowsKeys: true, renewSeconds: 15 }
/** 5 keys/s for half of the time. */
const HALF_THE_TIME: GroupPart = { typing: 'human', rate: 2.5 }

const notebook = (bytes: number, cells = 0): GroupPart => ({ document: { shape: 'notebook', bytes, cells } })

const GROUPS: Readonly<Record<ProfileName, readonly GroupPart[]>> = {
  pair: [
    { ...PRESENT, ...HALF_THE_TIME, ...notebook(50_000, 14), clients: 2, writers: 2, runEverySeconds: 20 },
  ],
  team: [
    {
      ...PRESENT,
      ...notebook(50_000),
      typing: 'human',
      rate: 0.5,
      rooms: 40,
      clients: 2,
      writers: 1,
      runEverySeconds: 40,
      sleepEverySeconds: 20,
      sleepForSeconds: 5,
      leaveEverySeconds: 60,
    },
  ],
  class: [
    {
      ...PRESENT,
      ...HALF_THE_TIME,
      ...notebook(200_000, 100),
      rooms: 10,
      clients: 3,
      writers: 3,
      runEverySeconds: 40,
    },
  ],
  lecture: [
    {
      ...PRESENT,
      ...notebook(1_000_000),
      typing: 'human',
      rate: 6,
      clients: 300,
      writers: 1,
      runEverySeconds: 30,
      arriveOverSeconds: 20,
    },
  ],
  idle: [{ rooms: 500, clients: 3, writers: 0, renewSeconds: 15 }],
  'restart-storm': [
    { ...PRESENT, ...HALF_THE_TIME, ...notebook(200_000, 100), rooms: 10, clients: 10, writers: 3 },
  ],
  'output-flood': [
    {
      ...PRESENT,
      ...HALF_THE_TIME,
      ...notebook(50_000),
      clients: 5,
      writers: 2,
      outputMessagesPerSecond: 200,
      outputBytesPerSecond: 1_000_000,
    },
  ],
  'join-storm': [
    { ...notebook(1_000_000), name: 'storm', clients: 200, writers: 0, arriveAfterSeconds: 3 },
    { name: 'bystander', clients: 2, writers: 1, rate: 20 },
  ],
  'cold-load': [
    {
      name: 'reader',
      clients: 1,
      writers: 0,
      document: { shape: 'text', bytes: 10_000, storedAs: 10_000 },
      arriveAfterSeconds: 1,
    },
  ],
}

function profile(name: ProfileName, about: string, more: ScenarioPart): Profile {
  const groups = GROUPS[name].map((group) => ({ name, ...group }))
  return { about, scenario: { name, drainSeconds: 30, ...more, groups } }
}

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  pair: profile('pair', 'two people in one notebook', { forSeconds: 30 }),
  team: profile('team', '40 rooms of two; laptops sleep, people come and go', { forSeconds: 60 }),
  class: profile('class', '30 people in groups of three, all typing', { forSeconds: 30 }),
  lecture: profile('lecture', 'one writes, 299 come within 20 s and follow', { forSeconds: 40 }),
  idle: profile('idle', '1,500 open tabs in 500 rooms, presence renewals only', { forSeconds: 30 }),
  'restart-storm': profile('restart-storm', '100 people whose server is killed and started again', {
    forSeconds: 20,
    kill: { after: 'start', seconds: 8 },
  }),
  'output-flood': profile('output-flood', 'a cell prints 1 MB/s while two people type', { forSeconds: 20 }),
  'join-storm': profile('join-storm', '200 people open 1 MB at once; somebody types in another room', {
    forSeconds: 15,
  }),
  'cold-load': profile('cold-load', 'a document of 10,000 stored edits is opened after a restart', {
    warmUpSeconds: 0,
    forSeconds: 10,
    restartBeforeJoin: true,
  }),
}
