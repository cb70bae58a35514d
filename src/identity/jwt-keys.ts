/**
 * The keys that tokens are checked with.
 *
 * A published key set changes while we run: it is read again when it is old, and when a token names
 * a key that is not in it, but not oftener than every few seconds, or made-up key names would have us
 * hammer the platform. While it cannot be read the keys that are known go on.
 */
import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { JWKSNoMatchingKey } from 'jose/errors'
import { createLocalJWKSet } from 'jose/jwks/local'
import type { JWTVerifyGetKey } from 'jose/jwt/verify'
import { getJson } from '../lib/get-json.ts'
import { runInBackground } from '../lib/run-in-background.ts'

export type KeyOrigin =
  | { readonly kind: 'url'; readonly url: string }
  /** A JSON Web Key Set, or one public key or certificate in PEM. */
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'secret'; readonly secret: string }

/** The keys cannot be had, so nothing can be said about any token. */
export class KeysUnavailableError extends Error {
  constructor(cause: unknown) {
    super('the keys for tokens cannot be read', { cause })
    this.name = 'KeysUnavailableError'
  }
}

export type JwtKeysOptions = {
  readonly origin: KeyOrigin
  /** Milliseconds, of any epoch. */
  readonly now: () => number
  /** Told each time the keys cannot be read. Must not throw. */
  readonly onError: (error: unknown) => void
}

const MAX_AGE_MS = 600_000
const RETRY_MS = 10_000
const FETCH_TIMEOUT_MS = 5_000
const MAX_BYTES = 256 * 1024

export class JwtKeys {
  readonly #options: JwtKeysOptions
  #keys: JWTVerifyGetKey | undefined
  #generation = 0
  #readAt = 0
  #triedAt = Number.NEGATIVE_INFINITY
  #failure: unknown
  #reading: Promise<JWTVerifyGetKey> | undefined

  constructor(options: JwtKeysOptions) {
    this.#options = options
  }

  /** Reads them for the first time; rejects with what is wrong. */
  async load(): Promise<void> {
    await this.#read()
  }

  /** Another number means other keys. Has them read again, in the background, when they are old. */
  generation(): number {
    if (this.#keys !== undefined && this.#options.now() - this.#readAt > MAX_AGE_MS) this.#refreshSoon()
    return this.#generation
  }

  /** The key for one token: what jose's `jwtVerify` asks. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = this.#keys ?? (await this.#firstKeys())
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof JWKSNoMatchingKey)) throw error
      const newer = await this.#newerThan(keys)
      if (newer === undefined) throw error
      return await newer(header, token)
    }
  }

  async #firstKeys(): Promise<JWTVerifyGetKey> {
    if (this.#reading === undefined && this.#isTooSoon()) throw new KeysUnavailableError(this.#failure)
    try {
      return await this.#read()
    } catch (error) {
      throw new KeysUnavailableError(error)
    }
  }

  async #newerThan(keys: JWTVerifyGetKey): Promise<JWTVerifyGetKey | undefined> {
    // Another token has had them read meanwhile.
    if (this.#keys !== keys) return this.#keys
    if (this.#reading === undefined && this.#isTooSoon()) return undefined
    return await this.#read().catch(() => undefined)
  }

  #refreshSoon(): void {
    if (this.#reading !== undefined || this.#isTooSoon()) return
    // `#read` has told of the failure already.
    runInBackground(
      () => this.load(),
      () => {},
    )
  }

  #isTooSoon(): boolean {
    return this.#options.now() - this.#triedAt < RETRY_MS
  }

  #read(): Promise<JWTVerifyGetKey> {
    this.#reading ??= this.#readOnce().finally(() => (this.#reading = undefined))
    return this.#reading
  }

  async #readOnce(): Promise<JWTVerifyGetKey> {
    const { origin, now, onError } = this.#options
    this.#triedAt = now()
    try {
      this.#keys = await readKeys(origin)
      this.#generation += 1
      this.#readAt = now()
      return this.#keys
    } catch (error) {
      this.#failure = error
      onError(error)
      throw error
    }
  }
}

async function readKeys(origin: KeyOrigin): Promise<JWTVerifyGetKey> {
  switch (origin.kind) {
    case 'secret': {
      const secret = Buffer.from(origin.secret)
      return async () => secret
    }
    case 'file':
      return keysIn(await readFile(origin.file, 'utf8'))
    case 'url': {
      const { status, body } = await getJson(origin.url, {
        timeoutMs: FETCH_TIMEOUT_MS,
        maxBytes: MAX_BYTES,
      })
      if (status !== 200) throw new Error(`${origin.url} was answered with HTTP ${status}`)
      return keySet(body)
    }
  }
}

function keysIn(text: string): JWTVerifyGetKey {
  if (!text.includes('-----BEGIN ')) return keySet(JSON.parse(text))
  if (text.includes('PRIVATE KEY-----')) throw new Error('it holds a private key; a public one is meant')
  const key = createPublicKey(text)
  return async () => key
}

/** An empty set is a mishap of the platform, and no reason to forget the keys that are known. */
function keySet(value: unknown): JWTVerifyGetKey {
  const keys = createLocalJWKSet(value as Parameters<typeof createLocalJWKSet>[0])
  if (keys.jwks().keys.length === 0) throw new Error('the key set is empty')
  return keys
}
