import type { Room } from './room.ts'

/**
 * A room's life. Absence from the registry's map means unloaded.
 *
 * `loading -> open <-> idle -> closing`; a failed load leaves no entry. That the store cannot write
 * is no state of a room but of the commit loop they share: rooms then keep what they have.
 */
export type RoomState =
  | { readonly kind: 'loading'; readonly ready: Promise<Room> }
  | { readonly kind: 'open'; readonly room: Room }
  | { readonly kind: 'idle'; readonly room: Room; readonly since: number }
  | { readonly kind: 'closing'; readonly done: Promise<void> }

export type RoomStateKind = RoomState['kind']
