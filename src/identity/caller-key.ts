import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { requestFacts } from './request-facts.ts'

/** Jupyter's own, which it may renew at any time; it proves nothing about anybody. */
const NO_PROOF = '_xsrf'

/**
 * Names what a request shows as proof of who sends it, without giving it away: the same browser comes
 * back under the same key until it signs in again. For telling repetitions apart, not people.
 */
export function callerKey(request: IncomingMessage): string {
  const facts = requestFacts(request)
  const proofs = [
    facts?.headerToken,
    facts?.queryToken,
    ...(facts?.cookies ?? []).filter(({ name }) => name !== NO_PROOF).map(({ name, value }) => [name, value]),
  ]
  return createHash('sha256').update(JSON.stringify(proofs)).digest('base64url')
}
