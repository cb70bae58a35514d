/** What happens in one room in one step, made before it begins: edits, presence, comings and goings. */
import type { Edit } from '../typing/contract.ts'
import { presenceSchedule, presenceState } from '../typing/presence.ts'
import { createRandom } from '../typing/random.ts'
import type { LoadClient } from './client.ts'
import type { Step } from './messages.ts'
import { nameOf } from './population.ts'
import type { RoomAuthor, RoomLoad } from './room-load.ts'
import type { Action } from './scheduler.ts'

type Beginning = {
  readonly startAt: number
  readonly isMeasured: (intendedAt: number) => boolean
  readonly sent: (intendedAt: number) => void
}

export type RoomPlan = {
  /** Numbers the edits and gives this worker's part of the step. */
  begin(beginning: Beginning): Action[]
}

type PlanParts = {
  readonly room: RoomLoad
  readonly clients: readonly LoadClient[]
  readonly step: Step
  readonly seed: number
  /** Time of the steps before this one. */
  readonly fromMs: number
  readonly isFirst: boolean
}

/** A moment of a client's presence; without cursor it repeats the last. */
type Moment = { readonly atMs: number; readonly cursor: unknown }

export function planRoom(parts: PlanParts): RoomPlan {
  const { room, step } = parts
  const written = room.authors.map((author) => ({
    author,
    edits: author.author.write({
      index: step.index,
      rate: step.rate ?? room.group.rate,
      durationMs: step.durationMs,
    }),
  }))
  const presence = planPresence(parts, written)
  return {
    begin: (beginning) => [
      ...beginEdits(parts, written, beginning),
      ...beginPresence(parts, presence, beginning),
      ...comings(parts, beginning.startAt),
      ...absences(parts, beginning.startAt),
    ],
  }
}

type Written = { readonly author: RoomAuthor; readonly edits: readonly Edit[] }

/** Numbers are given author by author, in all workers alike. */
function beginEdits(
  { room, clients }: PlanParts,
  written: readonly Written[],
  { startAt, isMeasured, sent }: Beginning,
): Action[] {
  const actions: Action[] = []
  written.forEach(({ author, edits }, index) => {
    const client = clients.find(({ index: own }) => own === author.client)
    for (const edit of edits) {
      const at = startAt + edit.atMs
      room.edits.add(index, edit, { intendedAt: at, isMeasured: isMeasured(at) })
      author.edits.push(edit)
      if (client === undefined) continue
      actions.push({
        at,
        run: () => {
          client.sendEdit(author, edit)
          sent(at)
        },
      })
    }
  })
  return actions
}

/** Of all members: a worker must know when the states of the others' clients were meant to be sent. */
function planPresence(
  { room, seed, step, fromMs }: PlanParts,
  written: readonly Written[],
): readonly (readonly Moment[])[] {
  const { group, inGroup } = room
  const isSilent = group.renewSeconds <= 0 && group.cursorRate <= 0 && !group.cursorFollowsKeys
  if (isSilent) return []
  const places = [...room.base.clocks].map(([client, length]) => ({ client, clock: 0, length }))
  return Array.from({ length: group.clients }, (_, client) => {
    const moments: Moment[] = [
      ...presenceSchedule({
        seed,
        group,
        room: inGroup,
        client,
        fromMs,
        toMs: fromMs + step.durationMs,
        places,
      }),
    ]
    if (group.cursorFollowsKeys)
      for (const { author, edits } of written)
        if (author.client === client)
          for (const { kind, atMs, cursor } of edits) if (kind !== 'output') moments.push({ atMs, cursor })
    return moments.sort((a, b) => a.atMs - b.atMs)
  })
}

function beginPresence(
  { room, clients }: PlanParts,
  presence: readonly (readonly Moment[])[],
  { startAt }: Beginning,
): Action[] {
  const actions: Action[] = []
  presence.forEach((moments, index) => {
    const client = clients.find((own) => own.index === index)
    let cursor: unknown
    for (const moment of moments) {
      const at = startAt + moment.atMs
      const clock = room.presence.add(index, moment.cursor === undefined ? undefined : at)
      cursor = moment.cursor ?? cursor
      const now = cursor
      if (client !== undefined)
        actions.push({ at, run: () => client.sendPresence(clock, presenceState(index, nameOf(index), now)) })
    }
  })
  return actions
}

/** Those who come during the load, and readers that stop reading. */
function comings({ room, clients, isFirst, step }: PlanParts, startAt: number): Action[] {
  const { arriveAfterSeconds, arriveOverSeconds, clients: all, stalled } = room.group
  const actions: Action[] = []
  const isArriving = arriveAfterSeconds > 0 || arriveOverSeconds > 0
  for (const client of clients) {
    const afterMs = (arriveAfterSeconds + (arriveOverSeconds * client.index) / all) * 1000
    if (isArriving && isFirst)
      actions.push({ at: startAt + afterMs, run: () => void client.join().catch(() => {}) })
    if (client.index >= all - stalled && client.authors.length === 0)
      actions.push({ at: startAt + step.warmUpMs, run: () => client.stall() })
  }
  return actions
}

/** Sleeping laptops, and people who close the page and come back; writers stay. */
function absences({ room, clients, seed, step }: PlanParts, startAt: number): Action[] {
  const { name, sleepEverySeconds, sleepForSeconds, leaveEverySeconds } = room.group
  const actions: Action[] = []
  for (const client of clients) {
    if (client.authors.length > 0) continue
    const random = createRandom(seed, 'absences', name, room.inGroup, client.index, step.index)
    const times = (everySeconds: number): number[] => {
      const found: number[] = []
      if (everySeconds <= 0) return found
      for (let at = 0; ;) {
        at += -Math.log(1 - random.next()) * everySeconds * 1000
        if (at >= step.durationMs) return found
        found.push(startAt + at)
      }
    }
    for (const at of times(sleepEverySeconds)) {
      actions.push({ at, run: () => client.sleep() })
      actions.push({ at: at + sleepForSeconds * 1000, run: () => void client.wake().catch(() => {}) })
    }
    for (const at of times(leaveEverySeconds))
      actions.push({ at, run: () => void client.leaveAndReturn().catch(() => {}) })
  }
  return actions
}
