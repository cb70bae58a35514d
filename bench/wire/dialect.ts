/** How one kind of server is spoken to: where its rooms are and how its frames look. */

export type Endpoint = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The name the server gave the room, where that is another (Jupyter: `json:notebook:<id>`). */
  readonly room: string
}

/** What a frame from the server says. Byte arrays are views into it: copy what is kept. */
export type Incoming =
  /** An edit of somebody, or several merged: a Yjs update, V1. */
  | { readonly kind: 'update'; readonly update: Uint8Array }
  /** The answer to our question: what we lack; may be empty. */
  | { readonly kind: 'state'; readonly update: Uint8Array }
  /** The server asks what it lacks. */
  | { readonly kind: 'ask'; readonly stateVector: Uint8Array }
  /** An awareness update (y-protocols): one or more states. */
  | { readonly kind: 'presence'; readonly update: Uint8Array }
  /** The server refuses; it will not serve this client. */
  | { readonly kind: 'denied'; readonly reason: string }
  /** Acknowledgements, keep-alives and what else needs no answer. */
  | { readonly kind: 'other' }

/** Encoders return a whole message, not framed for the websocket yet. */
export type Dialect = {
  /** May ask the server over HTTP first. Rejects with a sentence that names the address. */
  locate(room: string): Promise<Endpoint>
  /** What a client says first: its credentials if they travel in a message, then its question. */
  hello(room: string, stateVector: Uint8Array): readonly Uint8Array[]
  encodeUpdate(room: string, update: Uint8Array): Uint8Array
  /** The answer to `ask`. */
  encodeState(room: string, update: Uint8Array): Uint8Array
  encodePresence(room: string, update: Uint8Array): Uint8Array
  /** A websocket message may hold several (never, in the three known ones). Throws on nonsense. */
  decode(message: Uint8Array): Incoming
}
