/** What each action does. */
import type * as Y from 'yjs'
import { edit } from '../support/random-document.ts'
import type { ActionName } from './action-names.ts'
import type { SimClient } from './client.ts'
import type { Fate } from './disk.ts'
import type { SimSocket } from './socket.ts'
import type { World } from './world.ts'

type Action = (world: World) => void | Promise<void>

export const ACTIONS: Readonly<Record<ActionName, Action>> = {
  type: (world) => withWriter(world, (client) => typeSome(world, client)),
  paste: (world) =>
    withWriter(world, (client) => {
      const text = client.doc.getText('text')
      const length = world.random.pick([300, 3_000])
      text.insert(world.random.int(text.length + 1), 'pasted '.repeat(length / 7))
    }),
  toServer: (world) => {
    const waiting = [...world.sockets.keys()].filter(
      ({ isCut, waitingForServer }) => !isCut && waitingForServer > 0,
    )
    pick(world, waiting)?.deliverToServer(1 + world.random.int(6))
  },
  toClient: (world) => {
    const waiting = [...world.sockets.keys()].filter(
      ({ isStalled, waitingForClient }) => !isStalled && waitingForClient > 0,
    )
    pick(world, waiting)?.deliverToClient(1 + world.random.int(6))
  },
  /** Many frames in one turn of the event loop, from everybody. */
  rush: ({ sockets }) => {
    for (const socket of sockets.keys()) socket.deliverToServer(Number.POSITIVE_INFINITY)
    for (const socket of sockets.keys()) socket.deliverToClient(Number.POSITIVE_INFINITY)
  },
  disk: (world) => world.disk.answer(drawFate(world)),
  tick: (world) => world.advance(world.random.pick([1, 5, 20, 60])),
  wait: (world) => world.advance(world.random.pick([1_500, 21_000, 61_000])),
  connect: (world) => {
    const client = pick(
      world,
      world.clients.filter(({ isConnected, access }) => !isConnected && access !== 'none'),
    )
    if (client !== undefined) world.connect(client)
  },
  /** Closes in good order; what it has sent arrives, and what it did alone it keeps. */
  leave: (world) =>
    withSocket(world, (socket) => {
      socket.deliverToServer(Number.POSITIVE_INFINITY)
      socket.clientNotices()
      socket.serverNotices()
    }),
  /** Somebody closes the tab; what the server has not got is gone, and somebody else opens one. */
  replace: (world) => {
    const at = world.random.int(world.clients.length)
    world.clients[at]?.socket?.cut()
    world.clients[at]?.socket?.clientNotices()
    world.clients[at] = world.newClient()
  },
  cut: (world) => withSocket(world, (socket) => socket.cut()),
  clientNotices: (world) => withSocket(world, (socket) => socket.isCut && socket.clientNotices()),
  serverNotices: (world) =>
    withSocket(world, (socket) => (socket.isCut || !socket.isClientOpen) && socket.serverNotices()),
  stall: (world) => withSocket(world, (socket) => (socket.isStalled = true)),
  resume: (world) => withSocket(world, (socket) => (socket.isStalled = false)),
  move: (world) => world.random.pick(world.clients).move(),
  hide: (world) => world.random.pick(world.clients).hide(),
  renew: (world) => world.random.pick(world.clients).renew(),
  forget: (world) => world.random.pick(world.clients).forgetOthers(),
  ask: (world) => {
    const client = world.random.pick(world.clients)
    if (world.random.chance(0.7)) client.askForState()
    else client.askForPresence()
  },
  save: (world) => {
    const { binding } = world.random.pick(world.places)
    // Refused by a room that has closed since; a save that a kill cuts off never ends.
    binding?.save().catch(() => {})
  },
  revoke: (world) => world.changeAccess(world.random.pick(world.clients), 'none'),
  readOnly: (world) => world.changeAccess(world.random.pick(world.clients), 'read'),
  grant: (world) => {
    const client = world.random.pick(world.clients)
    world.changeAccess(client, client.fullAccess)
  },
  goodbye: ({ process }) => process.sayGoodbyes(),
  kill: (world) => world.kill(),
  stop: (world) => world.stop(),
}

function typeSome(world: World, client: SimClient): void {
  const { random, shape } = world
  if (random.chance(shape.richness)) return edit(client.person, random)
  const text: Y.Text = client.doc.getText('text')
  const at = random.int(text.length + 1)
  const isDeleting = random.chance(0.25) && at < text.length
  if (isDeleting) text.delete(at, Math.min(text.length - at, 1 + random.int(4)))
  else text.insert(at, random.pick(['a', 'b', ' ', 'word ', '\n', '🛶']))
}

function drawFate({ random, shape }: World): Fate {
  if (random.chance(shape.staleRate)) return 'stale'
  if (random.chance(shape.faultRate)) return random.pick(['failed', 'unknown'])
  return 'done'
}

function withWriter(world: World, act: (client: SimClient) => void): void {
  const client = pick(
    world,
    // Who may not, types all the same.
    world.clients.filter(({ fullAccess }) => fullAccess === 'edit'),
  )
  if (client !== undefined) act(client)
}

function withSocket(world: World, act: (socket: SimSocket) => unknown): void {
  const socket = pick(world, [...world.sockets.keys()])
  if (socket !== undefined) act(socket)
}

function pick<T>(world: World, list: readonly T[]): T | undefined {
  return list.length === 0 ? undefined : world.random.pick(list)
}
