/**
 * `@y/websocket-server` 0.1.5 with its persistence hook and `y-leveldb` 0.2, wired as the `y-websocket`
 * 2.1 server wires them when `YPERSISTENCE` is set: load, store what came meanwhile, then every update.
 */
import { setPersistence, setupWSConnection } from '@y/websocket-server/utils'
import { LeveldbPersistence } from 'y-leveldb'
import * as Y from 'yjs'
import { dataFile, endWithParent, listen, onTerminate, readArguments } from './starter.mjs'

const { port, data } = readArguments()
const store = new LeveldbPersistence(dataFile(data, 'leveldb'))

setPersistence({
  provider: store,
  async bindState(name, document) {
    const stored = await store.getYDoc(name)
    store.storeUpdate(name, Y.encodeStateAsUpdate(document))
    Y.applyUpdate(document, Y.encodeStateAsUpdate(stored))
    document.on('update', (update) => store.storeUpdate(name, update))
  },
  async writeState() {},
})

endWithParent()
// Its transactions form one queue, so closing waits for every update that is still to be written.
onTerminate(() => store.destroy())
listen({ port, onConnection: (ws, request) => setupWSConnection(ws, request) })
