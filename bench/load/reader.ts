/** Short-lived connections: one that reads a room as somebody new would, one that writes its document. */
import type { Dialect } from '../wire/dialect.ts'
import { encodeStateVector } from '../wire/messages.ts'
import { openSocket } from '../wire/socket.ts'
import type { LoadSocket } from '../wire/contract.ts'

/** Of Node. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
const EMPTY_UPDATE = new Uint8Array([0, 0])

type Visit = {
  readonly dialect: Dialect
  readonly room: string
  readonly patienceMs: number
}

/**
 * Collects what the server has until `isEnough`, which is asked after each message once the first
 * state has come; or until patience ends, and then gives what there is. Rejects when refused.
 */
export async function readRoom(
  visit: Visit & { readonly isEnough: (update: Uint8Array | undefined) => boolean },
): Promise<readonly Uint8Array[]> {
  const updates: Uint8Array[] = []
  let hasState = false
  await converse(visit, (kind, update) => {
    const isNew = update !== undefined && update.length > 2
    if (isNew) updates.push(update.slice())
    hasState ||= kind === 'state'
    // Asked of every update, so that it can count.
    return visit.isEnough(isNew ? updates.at(-1) : undefined) && hasState
  })
  return updates
}

/**
 * Sends the updates one by one; resolves when `isTaken` does, with what makes the writer leave. Until
 * then it stays: a server may forget what somebody sent who has left, and a room that nobody is in.
 */
export async function writeRoom(
  visit: Omit<Visit, 'patienceMs'>,
  updates: readonly Uint8Array[],
  isTaken: () => Promise<unknown>,
): Promise<() => void> {
  let leave = (): void => {}
  const left = new Promise<void>((resolve) => (leave = resolve))
  let hasSent = false
  await new Promise<void>((resolve, reject) => {
    const said: Said = (kind, _, { socket, endpointRoom }) => {
      if (kind !== 'state' || hasSent) return false
      hasSent = true
      for (const update of updates) socket.send(visit.dialect.encodeUpdate(endpointRoom, update))
      isTaken().then(() => resolve(), reject)
      return left
    }
    // Once it was taken a cut does not matter any more.
    converse({ ...visit, patienceMs: LONGEST_TIMER_MS }, said).catch(reject)
  })
  return leave
}

type Said = (
  kind: 'update' | 'state',
  update: Uint8Array | undefined,
  parts: { readonly socket: LoadSocket; readonly endpointRoom: string },
) => boolean | Promise<unknown>

async function converse({ dialect, room, patienceMs }: Visit, said: Said): Promise<void> {
  const endpoint = await dialect.locate(room)
  await new Promise<void>((resolve, reject) => {
    let isDone = false
    const finish = (error?: Error): void => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      // What was handed over is sent before the closing handshake.
      socket.close(1000)
      if (error === undefined) resolve()
      else reject(error)
    }
    const receive = (bytes: Uint8Array): void => {
      const incoming = dialect.decode(bytes)
      if (incoming.kind === 'ask') socket.send(dialect.encodeState(endpoint.room, EMPTY_UPDATE))
      if (incoming.kind === 'denied') finish(new Error(`room ${room}: refused: ${incoming.reason}`))
      if (incoming.kind !== 'update' && incoming.kind !== 'state') return
      if (isDone) return
      const isEnough = said(incoming.kind, incoming.update, { socket, endpointRoom: endpoint.room })
      if (isEnough === true) finish()
      else if (isEnough !== false) isEnough.then(() => finish(), finish)
    }
    const socket = openSocket(endpoint, {
      opened: () => {
        for (const message of dialect.hello(endpoint.room, encodeStateVector(new Map()))) socket.send(message)
      },
      message: (bytes) => {
        try {
          receive(bytes)
        } catch (error) {
          finish(new Error(`room ${room}: ${error instanceof Error ? error.message : String(error)}`))
        }
      },
      closed: (code, reason) => finish(new Error(`room ${room}: closed ${code} ${reason}`)),
    })
    const timer = setTimeout(() => finish(), patienceMs)
  })
}
