/**
 * Keys of the audit trail: time, process, number within the process, all big-endian. So the trail is
 * in the order of time, a stretch of it is one range, and no two events share a key, also when a
 * clock was set back.
 */
import type { KeyRange } from './keys.ts'

const TIME_BYTES = 6
const TOKEN_BYTES = 4
const NUMBER_BYTES = 4
const KEY_BYTES = TIME_BYTES + TOKEN_BYTES + NUMBER_BYTES
const MAX_TIME = 2 ** 48 - 1

/** `at`: milliseconds since the epoch; `token` tells one process from the next. */
export function auditKey(at: number, token: number, number: number): Buffer {
  const key = timeKey(at)
  key.writeUInt32BE(token % 2 ** 32, TIME_BYTES)
  key.writeUInt32BE(number % 2 ** 32, TIME_BYTES + TOKEN_BYTES)
  return key
}

/** From `since`, included, to `until`, not included. */
export function auditRange(since: number, until: number): KeyRange {
  const lte = timeKey(until - 1)
  lte.fill(0xff, TIME_BYTES)
  return { gte: timeKey(since), lte }
}

/** The first key that can follow this one. */
export function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)])
}

export function timeOfAuditKey(key: Buffer): number {
  return key.readUIntBE(0, TIME_BYTES)
}

/** A key as text, for addresses. */
export function auditId(key: Buffer): string {
  return key.toString('base64url')
}

/** Undefined for what is no id of an event. */
export function parseAuditId(id: string): Buffer | undefined {
  const key = Buffer.from(id, 'base64url')
  return key.length === KEY_BYTES && auditId(key) === id ? key : undefined
}

function timeKey(at: number): Buffer {
  const key = Buffer.alloc(KEY_BYTES)
  key.writeUIntBE(Math.min(Math.max(Math.floor(at), 0), MAX_TIME), 0, TIME_BYTES)
  return key
}
