import { createServer } from 'node:net'

/** A loopback port that was free a moment ago. */
export async function freeLoopbackPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  if (typeof address !== 'object' || address === null) throw new Error('no loopback port')
  return address.port
}
