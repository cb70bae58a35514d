import type { UpdateFacts } from './update-inspect.ts'

/**
 * True when Yjs would integrate the whole update at once. Anything less goes into the document's
 * pending state, which is merged anew at every message and handed to everyone who joins.
 *
 * `known` gives the next clock the document expects of a client: `Y.getState(doc.store, client)`.
 */
export function isApplicable(facts: UpdateFacts, known: (client: number) => number): boolean {
  for (const { client, required } of facts.structs.values()) if (known(client) < required) return false
  for (const [client, end] of facts.missing) if (known(client) < end) return false
  return true
}
