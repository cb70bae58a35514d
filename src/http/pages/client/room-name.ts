import { type RoomName, parseRoomName } from '../../../protocol/names.ts'

/** Where everybody meets who does not ask for another room. */
const DEFAULT_ROOM = 'lobby'

/** The room named after `#`; undefined when that cannot be a room's name. */
export function roomOf(hash: string): RoomName | undefined {
  const name = hash.replace(/^#/, '')
  if (name === '') return parseRoomName(DEFAULT_ROOM)
  try {
    return parseRoomName(decodeURIComponent(name))
  } catch {
    return undefined
  }
}

/** Nobody stumbles upon it by chance. */
export function mintRoomName(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789'
  const random = crypto.getRandomValues(new Uint8Array(8))
  return `room-${Array.from(random, (byte) => letters[byte % letters.length]).join('')}`
}
