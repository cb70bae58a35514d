/** The shared document of one room, its connection and what the page shows of both. */
import { createEncoder, toUint8Array, writeVarUint } from 'lib0/encoding'
import { messageYjsSyncStep2, writeSyncStep1 } from 'y-protocols/sync'
import { WebsocketProvider, messageSync } from 'y-websocket'
import { Doc } from 'yjs'
import type { RoomName } from '../../../protocol/names.ts'
import { type SaveState, SaveTracker } from './save-tracker.ts'

export type ConnectionState = 'connecting' | 'connected' | 'disconnected'

export type RoomListeners = {
  readonly onConnection: (state: ConnectionState) => void
  readonly onSaveState: (state: SaveState) => void
  /** The server ended it for good, with one of the close codes that y-websocket takes as final. */
  readonly onClosed: (code: number, reason: string) => void
}

const GATHER_MS = 250

export function connectRoom(room: RoomName, listeners: RoomListeners): WebsocketProvider {
  const doc = new Doc()
  const provider = new WebsocketProvider(roomsUrl(), encodeURIComponent(room), doc, {
    // Two tabs of one browser would else meet behind the server's back, and prove nothing.
    disableBc: true,
    connect: false,
  })
  const tracker = new SaveTracker({
    ask: () => sendStep1(provider),
    onChange: listeners.onSaveState,
    gatherMs: GATHER_MS,
  })
  // After the provider's own listener: an edit is on its way before it is asked about.
  doc.on('update', (_update: Uint8Array, origin: unknown) => {
    if (origin !== provider) tracker.edited()
  })
  provider.on('status', ({ status }) => {
    if (status === 'connected') tracker.connected()
    if (status === 'disconnected') tracker.disconnected()
    listeners.onConnection(status)
  })
  provider.on('closed', ({ code, reason }) => listeners.onClosed(code, reason))
  listenForAnswers(provider, () => tracker.answered())
  provider.connect()
  return provider
}

/** The same origin and base as this page, so that the cookie goes along. */
function roomsUrl(): string {
  return new URL('rooms', location.href).href.replace(/^http/, 'ws')
}

function sendStep1({ ws, doc }: WebsocketProvider): void {
  if (ws?.readyState !== WebSocket.OPEN) return
  const encoder = createEncoder()
  writeVarUint(encoder, messageSync)
  writeSyncStep1(encoder, doc)
  ws.send(toUint8Array(encoder))
}

/** The provider tells only of the first answer of a connection; each one is needed. */
function listenForAnswers(provider: WebsocketProvider, onAnswer: () => void): void {
  const handle = provider.messageHandlers[messageSync]
  provider.messageHandlers[messageSync] = (encoder, decoder, ...rest) => {
    const isAnswer = decoder.arr[decoder.pos] === messageYjsSyncStep2
    handle?.(encoder, decoder, ...rest)
    if (isAnswer) onAnswer()
  }
}
