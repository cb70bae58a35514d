/** The server that came with `y-websocket` 2.1, in memory. */
import utils from 'y-websocket/bin/utils'
import { endWithParent, listen, readArguments } from './starter.mjs'

endWithParent()
listen({ port: readArguments().port, onConnection: (ws, request) => utils.setupWSConnection(ws, request) })
