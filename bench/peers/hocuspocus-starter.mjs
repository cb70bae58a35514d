/** `@hocuspocus/server` 4.7 with its defaults, quiet; it stores what is pending on SIGTERM by itself. */
import { Server } from '@hocuspocus/server'
import { endWithParent, sayReady } from './starter.mjs'

export async function startHocuspocus({ port, extensions }) {
  const server = new Server({ port, address: '127.0.0.1', quiet: true, extensions })
  endWithParent()
  await server.listen()
  sayReady(server.address.port)
}
