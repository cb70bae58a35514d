/** Entry of the snapshot thread (`snapshot-thread.ts` starts it). It sees bytes and no store. */
import { parentPort } from 'node:worker_threads'
import { buildSnapshot } from '../document/build-snapshot.ts'
import { type SnapshotReply, type SnapshotRequest, unpackUpdates } from './snapshot-message.ts'

parentPort?.on('message', (request: SnapshotRequest) => {
  const reply: SnapshotReply = buildSnapshot(unpackUpdates(request))
  const moved = reply.kind === 'built' ? [reply.bytes.buffer as ArrayBuffer] : []
  parentPort?.postMessage(reply, moved)
})
