import { documentNamed } from './append-items.ts'

export const CHILD_DOCUMENT = documentNamed('child')
const CHILD_RECORD_BYTES = 2_000

/** What the child writes under a number; recognizable, and hard to compress. */
export function childPayload(seq: number): Uint8Array {
  const bytes = new Uint8Array(CHILD_RECORD_BYTES)
  let state = seq
  for (let index = 0; index < bytes.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}
