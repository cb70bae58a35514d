import { durationMs } from '../lib/duration.ts'
import { SyncError } from '../protocol/errors.ts'

const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/
/** Longer is for ever, which has a word of its own. */
const MAX_MS = 3650 * 86_400_000

/**
 * When something is over that was said to expire in `2d` or at `2027-01-31T18:00:00Z`, in
 * milliseconds since the epoch. Throws `bad_request` for what is neither, past, or too far away.
 */
export function expiryOf(text: string, now: number): number {
  const duration = durationMs(text)
  const at = duration === undefined ? (ISO.test(text) ? Date.parse(text) : Number.NaN) : now + duration
  if (Number.isNaN(at)) {
    throw refusal(`${JSON.stringify(text)} is neither a time from now such as 30m, 12h or 2d, nor a date.`)
  }
  if (at <= now) throw refusal(`${JSON.stringify(text)} is not in the future.`)
  if (at - now > MAX_MS) throw refusal('it may be at most ten years away. Leave it out to let it last.')
  return at
}

function refusal(detail: string): SyncError {
  return new SyncError('bad_request', `expires: ${detail}`)
}
