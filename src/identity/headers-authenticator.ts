/**
 * What a proxy says about the person behind a request. Anybody can write a header: it counts only
 * from a listed address and beside a secret that the proxy alone knows.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { Authentication, Authenticator } from './authenticate.ts'
import { foreignPerson } from './foreign-person.ts'
import { type RequestFacts, headerValues } from './request-facts.ts'
import type { SeenPeople } from './seen-people.ts'

export type HeaderRules = {
  /** Addresses, or networks such as `10.0.0.0/8`. */
  readonly trustedProxies: readonly string[]
  readonly secretHeader: string
  readonly secret: string
  readonly user: string
  readonly name: string
  readonly groups: string
  readonly email: string
  readonly maxAgeMs: number
}

const UNKNOWN = { outcome: 'unknown' } as const
const REFUSED = { outcome: 'refused', code: 'not_signed_in' } as const

export function headersAuthenticator(deps: {
  readonly rules: HeaderRules
  readonly people: SeenPeople
  /** Milliseconds since the epoch. */
  readonly now: () => number
}): Authenticator {
  const { rules } = deps
  const proxies = networks(rules.trustedProxies)
  const secret = digest(rules.secret)
  return {
    name: 'headers',
    authenticate: async (facts) => {
      const users = headerValues(facts, rules.user)
      const secrets = headerValues(facts, rules.secretHeader)
      if (users.length === 0 && secrets.length === 0) return UNKNOWN
      // From anywhere else it is as if it had not been said.
      if (!isFrom(proxies, facts.address)) return UNKNOWN
      // A second one is the caller's own, which the proxy did not take away.
      if (users.length > 1 || secrets.length !== 1) return REFUSED
      if (!timingSafeEqual(digest(secrets[0] ?? ''), secret)) return REFUSED
      // The proxy lets somebody through who is not signed in.
      return (users[0] ?? '').trim() === '' ? UNKNOWN : known(deps, facts)
    },
  }
}

function known(
  { rules, people, now }: Parameters<typeof headersAuthenticator>[0],
  facts: RequestFacts,
): Authentication {
  const told = (name: string): string | undefined => {
    const values = headerValues(facts, name)
    return values.length === 1 ? asUnicode(values[0] ?? '') : undefined
  }
  const principal = foreignPerson({
    id: (told(rules.user) ?? '').trim(),
    displayName: told(rules.name) || told(rules.email)?.split('@')[0],
    groups: (told(rules.groups) ?? '').split(',').map((group) => group.trim().replace(/^\//, '')),
  })
  if (principal === undefined) return REFUSED
  const issuedAt = now()
  const lease = people.saw(JSON.stringify(['headers', principal.id]), {
    person: { principal },
    issuedAt,
    expiresAt: issuedAt + rules.maxAgeMs,
  })
  return { outcome: 'known', principal, source: 'proxy', lease }
}

/** Throws for what is neither an address nor a network; the configuration was checked. */
function networks(list: readonly string[]): BlockList {
  const proxies = new BlockList()
  for (const entry of list) {
    const [address = '', length] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (length === undefined) proxies.addAddress(address, family)
    else proxies.addSubnet(address, Number(length), family)
  }
  return proxies
}

function isFrom(proxies: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  const family = isIP(plain)
  return family !== 0 && proxies.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/** Of one length, whatever was sent, so that comparing tells nothing. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Node reads headers as Latin-1; proxies write UTF-8. */
function asUnicode(text: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'))
  } catch {
    return text
  }
}
