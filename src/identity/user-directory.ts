import type { Groups } from '../access/decide.ts'
import type { Principal } from '../access/model.ts'
import { type ConfiguredUser, configuredPrincipals } from './principal.ts'
import { type TokenHolder, type TokenIndex, tokenIndex } from './tokens.ts'

type Contents = { readonly tokens: TokenIndex; readonly principals: ReadonlyMap<string, Principal> }

/**
 * The configured users as they are at this moment, with their tokens. Whoever asks it each time, and
 * keeps nothing, never believes in somebody who was removed.
 */
export class UserDirectory implements TokenIndex {
  #contents: Contents

  /** Throws when two users share a token. */
  constructor(users: readonly ConfiguredUser[], groups: Groups) {
    this.#contents = contentsOf(users, groups)
  }

  /** From now on it is these users. Throws when two share a token; then nothing has changed. */
  replace(users: readonly ConfiguredUser[], groups: Groups): void {
    this.#contents = contentsOf(users, groups)
  }

  find(token: string): TokenHolder | undefined {
    return this.#contents.tokens.find(token)
  }

  has(holder: TokenHolder): boolean {
    return this.#contents.tokens.has(holder)
  }

  /** By the user's name. */
  get(name: string): Principal | undefined {
    return this.#contents.principals.get(name)
  }

  /** Whom a token stands for, as long as it does. */
  principalOf(holder: TokenHolder): Principal | undefined {
    return this.has(holder) ? this.get(holder.user) : undefined
  }
}

function contentsOf(users: readonly ConfiguredUser[], groups: Groups): Contents {
  return { tokens: tokenIndex(users), principals: configuredPrincipals(users, groups) }
}
