/** From the claims of a verified token to a person. */
import { strongest } from '../access/decide.ts'
import type { Access, Identified } from '../access/model.ts'
import { foreignPerson } from './foreign-person.ts'

export type Claims = Readonly<Record<string, unknown>>

export type ClaimRules = {
  readonly userClaim: string
  readonly nameClaim: string
  readonly groupsClaim: string
  readonly accessClaim?: string | undefined
  readonly accessValues: Readonly<Record<string, Access>>
  /** By claim: the text that must be there, or `*`. */
  readonly requiredClaims: Readonly<Record<string, string>>
}

/** Undefined when the claims name nobody, or lack what is required. */
export function personOf(claims: Claims, rules: ClaimRules): Identified | undefined {
  const { userClaim, nameClaim, groupsClaim, requiredClaims } = rules
  if (!Object.entries(requiredClaims).every(([path, value]) => hasClaim(claims, path, value))) {
    return undefined
  }
  const id = claimAt(claims, userClaim)
  if (typeof id !== 'string') return undefined
  const principal = foreignPerson({
    id,
    displayName: textAt(claims, nameClaim) ?? textAt(claims, 'preferred_username'),
    groups: words(claimAt(claims, groupsClaim)).map((group) => group.replace(/^\//, '')),
  })
  return principal && { principal, granted: accessOf(claims, rules) }
}

/** A claim whose own name is the path comes before what the path leads to. */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  return path.split('.').reduce<unknown>((value, name) => {
    const isInner = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    return isInner ? (value as Claims)[name] : undefined
  }, claims)
}

function accessOf(claims: Claims, { accessClaim, accessValues }: ClaimRules): Access | undefined {
  if (accessClaim === undefined) return undefined
  return strongest(
    words(claimAt(claims, accessClaim)).flatMap((word) =>
      Object.hasOwn(accessValues, word) ? [accessValues[word] ?? 'none'] : [],
    ),
  )
}

function hasClaim(claims: Claims, path: string, wanted: string): boolean {
  const value = claimAt(claims, path)
  if (value === undefined || value === null) return false
  if (wanted === '*') return true
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.some((one) => ['string', 'number', 'boolean'].includes(typeof one) && String(one) === wanted)
}

function textAt(claims: Claims, path: string): string | undefined {
  const value = claimAt(claims, path)
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** A list of texts, or a text of words as OAuth's `scope`. */
function words(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/\s+/).filter((word) => word !== '')
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : []
}
