/** After the last action: faults end, everybody is connected, and all that is under way arrives. */
import type { World } from './world.ts'

/** A run that is not at rest after so many rounds never will be. */
const MAX_ROUNDS = 3_000
/** Rounds in which nothing was under way, with time passing, before a run counts as at rest. */
const QUIET_ROUNDS = 6
/** Stock clients renew their presence every 15 s: so often before the last look at who has not. */
const RENEWALS = 3
const ROUND_MS = 300

export async function comeToRest(world: World): Promise<void> {
  world.process.sayGoodbyes()
  for (const client of world.clients) world.changeAccess(client, client.fullAccess)
  for (const [socket] of world.sockets) {
    socket.isStalled = false
    if (!socket.isCut && socket.isClientOpen) continue
    socket.clientNotices()
    socket.serverNotices()
  }
  await exchange(world)
  const before = world.clients.map((client) => client.clocks())
  for (let i = 0; i < RENEWALS; i += 1) {
    for (const client of world.clients) client.renew()
    await exchange(world)
  }
  world.clients.forEach((client, i) => client.forgetOutdated(before[i] ?? new Map()))
  await exchange(world)
}

export async function exchange(world: World): Promise<void> {
  let quiet = 0
  for (let round = 0; quiet < QUIET_ROUNDS; round += 1) {
    if (round > MAX_ROUNDS) return world.violate('the run does not come to rest')
    for (const client of world.clients) if (!client.isConnected) world.connect(client)
    const isBusy = await deliverAll(world)
    quiet = isBusy ? 0 : quiet + 1
    await world.advance(ROUND_MS)
    await world.settle()
  }
}

async function deliverAll(world: World): Promise<boolean> {
  let isBusy = false
  for (const [socket] of world.sockets) {
    isBusy ||= socket.waitingForServer > 0 || socket.waitingForClient > 0
    socket.deliverToServer(Number.POSITIVE_INFINITY)
    socket.deliverToClient(Number.POSITIVE_INFINITY)
    if (!socket.isOpen && !socket.isClientOpen) socket.serverNotices()
  }
  await world.settle()
  isBusy ||= world.disk.pending > 0
  while (world.disk.pending > 0) {
    await world.disk.answer('done')
    await world.settle()
  }
  return isBusy
}
