/** A person as another system tells of it. What it tells is data of somebody else: bounded, and cleaned. */
import type { Principal } from '../access/model.ts'
import { favoriteColor } from './palette.ts'
import { initialsOf } from './principal.ts'

export type Told = {
  readonly id: string
  readonly displayName?: string | undefined
  readonly initials?: string | undefined
  /** A CSS color; taken only when it looks like one. */
  readonly color?: string | undefined
  readonly groups?: readonly string[] | undefined
}

const MAX_ID_LENGTH = 200
const MAX_NAME_LENGTH = 80
const MAX_INITIALS_LENGTH = 4
const MAX_GROUPS = 200
/** Ids of those who did not sign in begin like this; nobody else may wear one. */
const RESERVED_ID = /^(visitor|guest):/i
const COLOR = /^(#[0-9A-Fa-f]{6}|[a-z]{3,30})$/
/** Also what turns the direction of writing, and line separators: a name must not rearrange what is around it. */
// oxlint-disable-next-line no-control-regex -- the point of it
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u

/** Undefined for an id that nobody can have here. An id is never repaired: two people could become one. */
export function foreignPerson(told: Told): Principal | undefined {
  const { id } = told
  if (!isId(id)) return undefined
  const displayName = cleaned(told.displayName ?? '', MAX_NAME_LENGTH) || cleaned(id, MAX_NAME_LENGTH)
  return {
    id,
    displayName,
    initials: cleaned(told.initials ?? '', MAX_INITIALS_LENGTH) || initialsOf(displayName),
    color: told.color !== undefined && COLOR.test(told.color) ? told.color : favoriteColor(id),
    groups: (told.groups ?? []).filter(isId).slice(0, MAX_GROUPS),
    isAuthenticated: true,
  }
}

function isId(text: string): boolean {
  return (
    text !== '' &&
    text.length <= MAX_ID_LENGTH &&
    text.trim() === text &&
    !INVISIBLE.test(text) &&
    !RESERVED_ID.test(text)
  )
}

function cleaned(text: string, maxLength: number): string {
  const plain = text.replaceAll(new RegExp(INVISIBLE, 'gu'), ' ').replaceAll(/\s+/g, ' ').trim()
  // Never half of a character.
  return Array.from(plain).slice(0, maxLength).join('')
}
