/** Frames as a server sends them, made by ws, which our reader shares no code with. */
import * as ws from 'ws'

export type ServerFrame = {
  readonly opcode: number
  readonly payload: Buffer
  /** False: more parts of this message follow. */
  readonly isLast: boolean
}

type FrameOptions = { opcode: number; fin: boolean; mask: boolean; rsv1: boolean; readOnly: boolean }
// The types of ws leave this class out.
const { Sender } = ws as unknown as {
  Sender: { frame(data: Buffer, options: FrameOptions): Buffer[] }
}

export function serverFrame({ opcode, payload, isLast }: ServerFrame): Buffer {
  const options = { opcode, fin: isLast, mask: false, rsv1: false, readOnly: true }
  return Buffer.concat(Sender.frame(payload, options))
}
