/**
 * Branded names. A string becomes one of these only through the function that checks it, so a
 * function that takes a `RoomName` never has to ask whether somebody validated it.
 */
declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** What a client writes after `/outrigger/rooms/`, or Jupyter's `format:type:fileId`. */
export type RoomName = Branded<'RoomName'>
/** Names one CRDT document in the store: the kind of room, a slash, the room's name. */
export type DocumentId = Branded<'DocumentId'>
/** One history of one document: 128 random bits as hex. Two histories are never merged. */
export type Lineage = Branded<'Lineage'>
/** Jupyter's stable name of a file; opaque to clients, survives renames. */
export type FileId = Branded<'FileId'>

/** Decoded names only; never a path. No slash, so a `DocumentId` can use one as its separator. */
const ROOM_NAME = /^[A-Za-z0-9._:~-]{1,200}$/
const LINEAGE = /^[0-9a-f]{32}$/

export function parseRoomName(text: string): RoomName | undefined {
  return ROOM_NAME.test(text) ? (text as RoomName) : undefined
}

export function parseLineage(text: string): Lineage | undefined {
  return LINEAGE.test(text) ? (text as Lineage) : undefined
}

/** `plain` rooms belong to any y-websocket client; `jupyter` rooms stand for one file. */
export type RoomKind = 'plain' | 'jupyter'

export function documentId(kind: RoomKind, room: RoomName): DocumentId {
  return `${kind}/${room}` as DocumentId
}
