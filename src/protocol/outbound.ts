/**
 * Messages to clients as they go on the wire, websocket headers included.
 *
 * What goes to many is framed once and the same bytes are written to every socket. What is large is
 * cut into slices: a socket's turn ends after one, so that a hundred people who are sent a large
 * document do not hold up anybody's keystroke.
 */
import { syncHeaderLength, writeSyncHeader } from './encode.ts'
import { SyncType } from './message.ts'
import { frameHeaderLength, writeFrameHeader } from './websocket-frame.ts'

declare const framed: unique symbol

/** Whole websocket frames, one or more. A control frame may follow; a message only at the end of one. */
export type Framed = Buffer & { readonly [framed]: true }

/** One or more whole messages. A single slice is written at once, several are paced. */
export type Outbound = readonly Framed[]

/** Payload of one fragment. Large enough that its header and its write cost little beside its bytes. */
export const SLICE_BYTES = 128 * 1024
/** Up to here a message is written in one piece. */
export const MAX_UNSLICED_BYTES = SLICE_BYTES

type SyncKind = (typeof SyncType)[keyof typeof SyncType]

/** A message that was encoded already. */
export function outbound(message: Uint8Array): Outbound {
  const bytes = Buffer.allocUnsafe(frameHeaderLength(message.length) + message.length)
  bytes.set(message, writeFrameHeader(bytes, 0, { isFirst: true, isLast: true, length: message.length }))
  return [bytes as Framed]
}

/** Updates of one flush, each a message of its own; together in one allocation unless one is large. */
export function outboundUpdates(updates: readonly Uint8Array[]): Outbound {
  let length = 0
  for (const update of updates) length += wholeLength(update)
  if (length > MAX_UNSLICED_BYTES) return updates.flatMap((update) => outboundSync(SyncType.update, update))
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const update of updates) at = writeWhole(bytes, at, SyncType.update, update)
  return [bytes as Framed]
}

/** The answer to a step 1. */
export function outboundStep2(update: Uint8Array): Outbound {
  return outboundSync(SyncType.step2, update)
}

/** The same message as an `update`: it does not tell the client yet that it is synced. */
export function asUpdate(step2: Outbound): Outbound {
  const [first, ...rest] = step2
  if (first === undefined) return step2
  const copy = Buffer.from(first)
  // Behind the frame's header there are the message type and then the kind of sync message.
  copy[frameHeaderLengthOf(copy) + 1] = SyncType.update
  return [copy as Framed, ...rest]
}

/** In few slices: those that are small are put together. */
export function joined(parts: readonly Outbound[]): Outbound {
  const slices = parts.flat()
  const length = byteLength(slices)
  if (slices.length <= 1 || length > MAX_UNSLICED_BYTES) return slices
  return [Buffer.concat(slices, length) as Framed]
}

export function byteLength(slices: Outbound): number {
  let length = 0
  for (const slice of slices) length += slice.length
  return length
}

function outboundSync(kind: SyncKind, body: Uint8Array): Outbound {
  const length = wholeLength(body)
  if (length > MAX_UNSLICED_BYTES) return fragments(kind, body)
  const bytes = Buffer.allocUnsafe(length)
  writeWhole(bytes, 0, kind, body)
  return [bytes as Framed]
}

function wholeLength(body: Uint8Array): number {
  const length = syncHeaderLength(body.length) + body.length
  return frameHeaderLength(length) + length
}

function writeWhole(bytes: Buffer, at: number, kind: SyncKind, body: Uint8Array): number {
  const length = syncHeaderLength(body.length) + body.length
  let position = writeFrameHeader(bytes, at, { isFirst: true, isLast: true, length })
  position = writeSyncHeader(bytes, position, kind, body.length)
  bytes.set(body, position)
  return position + body.length
}

function fragments(kind: SyncKind, body: Uint8Array): Outbound {
  const header = Buffer.alloc(syncHeaderLength(body.length))
  writeSyncHeader(header, 0, kind, body.length)
  const slices: Framed[] = []
  for (let start = 0; start < body.length;) {
    const isFirst = start === 0
    // The first one holds the header too, and is not larger for it.
    const end = Math.min(body.length, start + SLICE_BYTES - (isFirst ? header.length : 0))
    const length = end - start + (isFirst ? header.length : 0)
    const slice = Buffer.allocUnsafeSlow(frameHeaderLength(length) + length)
    let at = writeFrameHeader(slice, 0, { isFirst, isLast: end === body.length, length })
    if (isFirst) at += header.copy(slice, at)
    slice.set(body.subarray(start, end), at)
    slices.push(slice as Framed)
    start = end
  }
  return slices
}

function frameHeaderLengthOf(frame: Buffer): number {
  const length = frame[1] ?? 0
  if (length < 126) return 2
  return length === 126 ? 4 : 10
}
