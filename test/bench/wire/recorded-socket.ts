/** A load socket that keeps what happened to it, and ends with its test. */
import type { TestContext } from 'node:test'
import type { LoadSocket } from '../../../bench/wire/contract.ts'
import { type SocketOptions, openSocket } from '../../../bench/wire/socket.ts'
import { until } from '../../support/until.ts'

export type RecordedSocket = {
  readonly socket: LoadSocket
  readonly messages: Buffer[]
  /** More than one entry is a fault. */
  readonly closes: { readonly code: number; readonly reason: string }[]
  isOpened: boolean
  readonly closed: () => Promise<{ readonly code: number; readonly reason: string }>
}

export function recordedSocket(
  t: TestContext,
  options: Omit<SocketOptions, 'headers'> & {
    readonly headers?: Record<string, string>
    readonly onOpen?: (socket: LoadSocket) => void
    readonly onMessage?: (socket: LoadSocket) => void
  },
): RecordedSocket {
  const messages: Buffer[] = []
  const closes: { code: number; reason: string }[] = []
  const socket = openSocket(
    { headers: {}, ...options },
    {
      opened: () => {
        recorded.isOpened = true
        options.onOpen?.(socket)
      },
      message: (bytes) => {
        messages.push(Buffer.from(bytes))
        options.onMessage?.(socket)
      },
      closed: (code, reason) => closes.push({ code, reason }),
    },
  )
  t.after(() => socket.terminate())
  const recorded: RecordedSocket = {
    socket,
    messages,
    closes,
    isOpened: false,
    async closed() {
      await until(() => closes.length > 0, 5000, 'closed')
      return closes[0] ?? { code: 0, reason: '' }
    },
  }
  return recorded
}
