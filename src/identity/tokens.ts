/** Tokens of configured users. Only SHA-256 digests are ever kept. */
import { createHash } from 'node:crypto'

export type TokenHolder = {
  readonly user: string
  /** The first 64 bits of the token's digest, in hex: names a token without giving it away. */
  readonly tokenPrefix: string
}

export interface TokenIndex {
  find(token: string): TokenHolder | undefined
  /** False once the user, or this token of the user, is gone from the configuration. */
  has(holder: TokenHolder): boolean
}

const PREFIX_DIGITS = 16

/**
 * `tokens` have the form `sha256:<64 hex digits>`. Throws when two users share a token, because
 * whoever holds it would be one of them by chance.
 */
export function tokenIndex(
  users: readonly { readonly name: string; readonly tokens: readonly string[] }[],
): TokenIndex {
  const holders = new Map<string, TokenHolder>()
  for (const { name, tokens } of users) {
    for (const token of tokens) {
      const digest = token.replace(/^sha256:/, '').toLowerCase()
      const other = holders.get(digest)?.user ?? name
      if (other !== name) throw new Error(`The users ${other} and ${name} have the same token.`)
      holders.set(digest, { user: name, tokenPrefix: digest.slice(0, PREFIX_DIGITS) })
    }
  }
  const known = new Set([...holders.values()].map(nameOf))
  return {
    // What a lookup's time depends on is a digest, and nobody can steer the digest of a guess.
    find: (token) => holders.get(createHash('sha256').update(token).digest('hex')),
    has: (holder) => known.has(nameOf(holder)),
  }
}

function nameOf({ user, tokenPrefix }: TokenHolder): string {
  return `${tokenPrefix} ${user}`
}
