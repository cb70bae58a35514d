/** What a client tells about itself, and when. */
import type { Group } from '../plan/scenario.ts'
import type { ClockRange } from './contract.ts'
import { hashFraction, hashPath } from './random.ts'
import type { Cursors, RelativePosition } from './typed-text.ts'

/** JupyterLab has this many colors for people. */
const COLORS = 7

/**
 * A presence state as JupyterLab's document rooms have it, as JSON: about 480 bytes with a cursor.
 * `cursor` is the `cursors` field of an edit or of a moment; without one the field is absent.
 */
export function presenceState(clientIndex: number, name: string, cursor?: unknown): string {
  const initials = name
    .split(/\s+/)
    .map((part) => part.charAt(0).toUpperCase())
    .join('')
  const user = {
    username: userName(clientIndex, name),
    name,
    display_name: name,
    initials,
    avatar_url: null,
    color: `var(--jp-collaborator-color${(clientIndex % COLORS) + 1})`,
  }
  return JSON.stringify(
    cursor === undefined ? { user, autosave: true } : { user, cursors: cursor, autosave: true },
  )
}

export type PresencePlan = {
  readonly seed: number
  readonly group: Pick<Group, 'name' | 'renewSeconds' | 'cursorRate'>
  readonly room: number
  /** Number of the client in its room. */
  readonly client: number
  /** Part of the run that is asked for, in milliseconds since the start of its first step. */
  readonly fromMs: number
  readonly toMs: number
  /** Identifiers that a cursor may stand at, as those of the room's document; empty: made-up ones. */
  readonly places: readonly ClockRange[]
}

export type PresenceMoment = {
  /** After `fromMs`, in milliseconds. */
  readonly atMs: number
  /** Where the cursor went; undefined: a renewal, which repeats the state. */
  readonly cursor: Cursors | undefined
}

/**
 * Rising. A part of the run can be asked for without those before it: parts that follow each other
 * give the same moments as the whole. Moves that follow keys are not in it.
 */
export function presenceSchedule(plan: PresencePlan): readonly PresenceMoment[] {
  return [...renewals(plan), ...moves(plan)].sort((a, b) => a.atMs - b.atMs)
}

/** A state is renewed so long after it was last sent; who moves more often never needs to. */
function renewals(plan: PresencePlan): PresenceMoment[] {
  const { seed, group, room, client, fromMs, toMs } = plan
  const everyMs = group.renewSeconds * 1000
  // Moves are at most two of their gaps apart.
  if (everyMs <= 0 || 2 / group.cursorRate <= group.renewSeconds) return []
  const phaseMs = hashFraction(seed, 'renewal', group.name, room, client) * everyMs
  const moments: PresenceMoment[] = []
  for (let i = Math.max(0, Math.ceil((fromMs - phaseMs) / everyMs)); phaseMs + i * everyMs < toMs; i += 1)
    moments.push({ atMs: phaseMs + i * everyMs - fromMs, cursor: undefined })
  return moments
}

/** One in each 1/rate s, anywhere in it. */
function moves(plan: PresencePlan): PresenceMoment[] {
  const { seed, group, room, client, fromMs, toMs, places } = plan
  if (group.cursorRate <= 0) return []
  const gapMs = 1000 / group.cursorRate
  const moments: PresenceMoment[] = []
  for (let i = Math.max(0, Math.floor(fromMs / gapMs) - 1); i * gapMs < toMs; i += 1) {
    const atMs = (i + hashFraction(seed, 'move', group.name, room, client, i)) * gapMs
    if (atMs < fromMs || atMs >= toMs) continue
    const where = hashPath(seed, 'place', group.name, room, client, i)
    moments.push({ atMs: atMs - fromMs, cursor: cursorAt(places, where) })
  }
  return moments
}

/** For rooms without a document: a cursor that moves must say something else than before. */
const NOWHERE: ClockRange = { client: 1, clock: 0, length: 1_000_000 }

function cursorAt(places: readonly ClockRange[], where: number): Cursors {
  const place = places[where % Math.max(1, places.length)] ?? NOWHERE
  const item = { client: place.client, clock: place.clock + (where % place.length) }
  const caret: RelativePosition = { type: null, tname: 'source', item, assoc: 0 }
  return [{ anchor: caret, head: caret, primary: true, empty: true }]
}

/** 32 hexadecimal digits, as Jupyter Server gives to people without an account. */
function userName(clientIndex: number, name: string): string {
  const digits = (part: number): string => hashPath(clientIndex, name, part).toString(16).padStart(8, '0')
  return [0, 1, 2, 3].map(digits).join('')
}
