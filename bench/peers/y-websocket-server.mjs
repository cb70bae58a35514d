/** `@y/websocket-server` 0.1.5 in memory. */
import { setupWSConnection } from '@y/websocket-server/utils'
import { endWithParent, listen, readArguments } from './starter.mjs'

endWithParent()
listen({ port: readArguments().port, onConnection: (ws, request) => setupWSConnection(ws, request) })
