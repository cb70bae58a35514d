/** Yjs client ids that the seed decides. Two equal ones in a room would destroy its document. */
import { hashPath } from './random.ts'

export type RoomKey = { readonly seed: number; readonly group: string; readonly room: number }

/** Odd, so that repeated adding visits every number before one returns. */
const STRIDE = 0x1e3779b1
const HALF = 2 ** 30

/** Numbers of members; authors have their own from 0. Others may choose from `others` upward. */
export const MEMBER = { outputs: 2 ** 20, others: 2 ** 21 } as const

/**
 * 31 bits, different for each member of a room; even, as those of documents are odd. Exact for
 * members below 2^23.
 */
export function memberClientId(key: RoomKey, member: number): number {
  const start = hashPath(key.seed, 'members', key.group, key.room) % HALF
  return ((start + member * STRIDE) % HALF) * 2
}

/** Of those who wrote a room's document before the run. */
export function documentClientId(seed: number, room: number, writer: number): number {
  const start = hashPath(seed, 'document', room) % HALF
  return ((start + writer * 7919) % HALF) * 2 + 1
}
