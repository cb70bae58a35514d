import { connect } from 'node:net'

export type RawAnswer = { readonly text: string; readonly ms: number }

/**
 * Speaks bytes to a server on loopback: `first` at once, then one of `dribble` every `everyMs`, until
 * the server closes. Rejects when it does not within `deadlineMs`.
 */
export async function rawRequest(options: {
  readonly port: number
  readonly first: string
  readonly dribble?: string | undefined
  readonly everyMs?: number | undefined
  readonly deadlineMs?: number | undefined
}): Promise<RawAnswer> {
  const { port, first, dribble, everyMs = 100, deadlineMs = 15_000 } = options
  const startedAt = performance.now()
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => (text += chunk))
  if (first !== '') socket.write(first, 'latin1')
  const timer = dribble === undefined ? undefined : setInterval(() => socket.write(dribble), everyMs)
  try {
    await new Promise<void>((resolve, reject) => {
      const deadline = setTimeout(
        () => reject(new Error(`still open after ${deadlineMs} ms: ${text}`)),
        deadlineMs,
      )
      socket.on('error', () => {})
      socket.on('close', () => {
        clearTimeout(deadline)
        resolve()
      })
    })
  } finally {
    clearInterval(timer)
    socket.destroy()
  }
  return { text, ms: performance.now() - startedAt }
}
