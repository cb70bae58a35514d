/** Who is in a room: its authors, known to every worker, and this worker's clients. */
import { createAuthor } from '../typing/author.ts'
import { memberClientId } from '../typing/client-id.ts'
import { createOutputAuthor } from '../typing/output-author.ts'
import { presenceState } from '../typing/presence.ts'
import { LoadClient, type LoadContext } from './client.ts'
import type { RoomLoad } from './room-load.ts'

export function populateRoom(parts: {
  readonly room: RoomLoad
  readonly mine: readonly number[]
  readonly seed: number
  readonly context: LoadContext
}): LoadClient[] {
  const { room, mine, seed, context } = parts
  const { group, inGroup, base } = room
  const common = { seed, group, room: inGroup, base: base.updates }
  for (let author = 0; author < group.writers; author += 1)
    room.addAuthor(createAuthor({ ...common, author, keepsUpdates: mine.includes(author) }), author)
  if (group.outputMessagesPerSecond > 0) {
    // A reader's connection, so that nobody's typing shares the socket with the flood.
    const client = group.clients - 1
    room.addAuthor(createOutputAuthor({ ...common, keepsUpdates: mine.includes(client) }), client)
  }
  const isPresent = group.renewSeconds > 0 || group.cursorRate > 0 || group.cursorFollowsKeys
  const clientIdOf = (index: number): number =>
    memberClientId({ seed, group: group.name, room: inGroup }, index)
  for (let index = 0; index < group.clients; index += 1) room.presence.addMember(clientIdOf(index))
  return mine.map(
    (index) =>
      new LoadClient({
        index,
        clientId: clientIdOf(index),
        room,
        context,
        presence: isPresent ? presenceState(index, nameOf(index)) : undefined,
      }),
  )
}

export function nameOf(index: number): string {
  return `Load Client ${index}`
}
