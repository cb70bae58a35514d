import type { Peer } from '../../src/room/ports.ts'
import { readMessages } from '../support/read-messages.ts'

/** The protocol messages in what a room hands to a peer at once. */
export function messagesOf(sent: Parameters<Peer['send']>[0]): readonly Uint8Array[] {
  return readMessages(sent)
}
