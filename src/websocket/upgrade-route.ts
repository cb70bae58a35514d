import type { Dialect } from '../protocol/message.ts'
import { type RoomName, parseRoomName } from '../protocol/names.ts'

export type UpgradeRoute =
  | {
      readonly kind: 'room'
      readonly dialect: Dialect
      readonly room: RoomName
      readonly lineage: string | undefined
      /** Plain rooms only: the client wants to be told which of its edits are stored. */
      readonly wantsAcknowledgements: boolean
    }
  /** Below the base URL, but not ours. */
  | { readonly kind: 'other' }
  | { readonly kind: 'bad' }
  | { readonly kind: 'none' }

const ROOMS = [
  { prefix: 'outrigger/rooms/', dialect: 'y-websocket', lineageParameter: 'lineage' },
  { prefix: 'api/collaboration/room/', dialect: 'jupyter', lineageParameter: 'sessionId' },
] as const

/** `baseUrl` begins and ends with a slash. */
export function matchUpgrade(requestUrl: string, baseUrl: string): UpgradeRoute {
  if (!requestUrl.startsWith('/')) return { kind: 'none' }
  const queryAt = requestUrl.indexOf('?')
  const path = queryAt < 0 ? requestUrl : requestUrl.slice(0, queryAt)
  const query = new URLSearchParams(queryAt < 0 ? '' : requestUrl.slice(queryAt + 1))
  if (!path.startsWith(baseUrl)) return { kind: 'none' }
  const relative = path.slice(baseUrl.length)
  for (const { prefix, dialect, lineageParameter } of ROOMS) {
    if (!relative.startsWith(prefix)) continue
    const room = decodeRoomName(relative.slice(prefix.length))
    const lineage = query.get(lineageParameter) ?? undefined
    if (room === undefined) return { kind: 'bad' }
    const wantsAcknowledgements = dialect === 'y-websocket' && query.get('ack') === '1'
    return { kind: 'room', dialect, room, lineage, wantsAcknowledgements }
  }
  return relative.startsWith('outrigger/') ? { kind: 'none' } : { kind: 'other' }
}

function decodeRoomName(segment: string): RoomName | undefined {
  try {
    return parseRoomName(decodeURIComponent(segment))
  } catch {
    return undefined
  }
}
