/** Until when access lasts: what a person chooses, and how it is said. */

/** What the API takes: a duration such as `2d`, an ISO time, or null for no end. */
export type Expiry = string | null

/** `keep`, `never`, `at` (with `moment`), or a duration such as `1h`. */
export type ExpiryChoice = {
  readonly choice: string
  /** Of an `<input type="datetime-local">`: local time without a zone. */
  readonly moment: string
}

export type ChosenExpiry =
  | { readonly ok: true; readonly expires: Expiry | undefined }
  | { readonly ok: false; readonly sentence: string }

/** `expires` is undefined where nothing is to change. */
export function chosenExpiry({ choice, moment }: ExpiryChoice, now: Date): ChosenExpiry {
  if (choice === 'keep') return { ok: true, expires: undefined }
  if (choice === 'never') return { ok: true, expires: null }
  if (choice !== 'at') return { ok: true, expires: choice }
  const end = new Date(moment)
  if (Number.isNaN(end.getTime())) return { ok: false, sentence: 'Choose a day and a time.' }
  if (end <= now) return { ok: false, sentence: 'This is over already; choose a later time.' }
  return { ok: true, expires: end.toISOString() }
}

const MINUTE_MS = 60_000
const STEPS = [
  { unit: 'day', minutes: 24 * 60 },
  { unit: 'hour', minutes: 60 },
  { unit: 'minute', minutes: 1 },
] as const

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

/** `in 3 hours`, `2 days ago`, `in less than a minute`. What was begun for a day is a day at once. */
export function relativeText(iso: string, now: Date): string {
  const ms = new Date(iso).getTime() - now.getTime()
  const minutes = Math.round(ms / MINUTE_MS)
  const step = STEPS.find((one) => Math.abs(minutes) >= one.minutes)
  if (step !== undefined) return relative.format(Math.trunc(minutes / step.minutes), step.unit)
  return ms > 0 ? 'in less than a minute' : 'just now'
}

/** `no end`, `ends in 3 hours`, `ended 2 days ago`. */
export function untilText(expiresAt: string | null | undefined, now: Date): string {
  if (expiresAt === null || expiresAt === undefined) return 'no end'
  return `${new Date(expiresAt) > now ? 'ends' : 'ended'} ${relativeText(expiresAt, now)}`
}

/** With day and time, as this browser writes them. */
export function momentText(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}
