/**
 * The wire messages of a room, decoded.
 *
 * Every frame starts with a varUint message type; the numbers are those of y-websocket, and 2 is
 * Jupyter's RAW message (y-websocket itself calls it "auth"). 4 is Outrigger's own, from the server only
 * and only to a client that asked for it with `?ack=1`: a varUint, how many of the updates and step 2s
 * that the client sent on this connection are stored, counted from the first.
 */
export const MessageType = { sync: 0, awareness: 1, raw: 2, queryAwareness: 3, stored: 4 } as const
export const SyncType = { step1: 0, step2: 1, update: 2 } as const

/**
 * One client's awareness: `state` is a JSON text in UTF-8, or null when the client leaves. What was
 * received is a view of its frame, and nobody has looked into it; see `parseAwarenessState`.
 */
export type AwarenessEntry = {
  readonly clientId: number
  readonly clock: number
  readonly state: Uint8Array | null
}

/** What a client may say. */
export type ClientMessage =
  | { readonly kind: 'syncStep1'; readonly stateVector: Uint8Array }
  | { readonly kind: 'syncStep2'; readonly update: Uint8Array }
  | { readonly kind: 'update'; readonly update: Uint8Array }
  | { readonly kind: 'awareness'; readonly entries: readonly AwarenessEntry[] }
  | { readonly kind: 'queryAwareness' }
  /** Jupyter only: "save now", answered exactly once with the same id. */
  | { readonly kind: 'save'; readonly saveId: number }
  /** A message type this server does not know. */
  | { readonly kind: 'unknown'; readonly type: number }

export type SaveStatus = 'success' | 'failed' | 'skipped'

/** `y-websocket` clients have no RAW messages; JupyterLab's do. */
export type Dialect = 'y-websocket' | 'jupyter'
