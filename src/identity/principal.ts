/** From a configured user, or a nameless visitor, to the person that others see. */
import type { Principal } from '../access/model.ts'
import type { Groups } from '../access/decide.ts'
import { favoriteColor, freeColor } from './palette.ts'
import { visitorName } from './visitor-name.ts'

export type ConfiguredUser = {
  readonly name: string
  readonly displayName?: string | undefined
  readonly initials?: string | undefined
  /** CSS color. */
  readonly color?: string | undefined
  /** `sha256:<64 hex digits>` each. */
  readonly tokens: readonly string[]
}

/**
 * The configured users by id, in the order of the configuration. Colors are distinct as far as the
 * palette goes; a user added at the end changes nobody else's.
 */
export function configuredPrincipals(
  users: readonly ConfiguredUser[],
  groups: Groups,
): ReadonlyMap<string, Principal> {
  const taken = new Set(users.flatMap(({ color }) => (color === undefined ? [] : [color.toLowerCase()])))
  const groupsOf = membershipsIn(groups)
  const principals = new Map<string, Principal>()
  for (const user of users) {
    const color = user.color ?? freeColor(user.name, taken)
    taken.add(color)
    const displayName = user.displayName ?? user.name
    principals.set(user.name, {
      id: user.name,
      displayName,
      initials: user.initials ?? initialsOf(displayName),
      color,
      groups: groupsOf.get(user.name) ?? [],
      isAuthenticated: true,
    })
  }
  return principals
}

/** In the order of the configuration; a member who is named twice is in once. */
function membershipsIn(groups: Groups): ReadonlyMap<string, readonly string[]> {
  const groupsOf = new Map<string, string[]>()
  for (const [group, members] of Object.entries(groups)) {
    for (const member of new Set(members)) {
      const own = groupsOf.get(member)
      if (own === undefined) groupsOf.set(member, [group])
      else own.push(group)
    }
  }
  return groupsOf
}

/** Somebody who did not sign in. The id has a colon, which no configured name may have. */
export function visitorPrincipal(visitorId: string): Principal {
  const displayName = visitorName(visitorId)
  return {
    id: `visitor:${visitorId}`,
    displayName,
    initials: initialsOf(displayName),
    color: favoriteColor(visitorId),
    groups: [],
    isAuthenticated: false,
  }
}

/** Somebody who came by a guest link; others see by the name that nobody vouches for it. */
export function guestPrincipal(guest: {
  readonly link: string
  readonly guest: string
  readonly name: string
}): Principal {
  const id = `guest:${guest.link}:${guest.guest}`
  return {
    id,
    displayName: `${guest.name} (guest)`,
    initials: initialsOf(guest.name),
    color: favoriteColor(id),
    groups: [],
    isAuthenticated: false,
  }
}

/** The first letters of the first and the last word; `?` for a name without letters or digits. */
export function initialsOf(displayName: string): string {
  const words = displayName.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*/gu) ?? []
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  const letters = chosen.map((word) => firstLetter(word ?? ''))
  return letters.join('').toLocaleUpperCase('en') || '?'
}

/** Costs more than all else of a connection, so there is one. */
let graphemes: Intl.Segmenter | undefined

function firstLetter(word: string): string {
  // Loading what the segmenter knows takes some ten milliseconds, for which the first visitor would
  // wait. A letter is one by itself unless something that combines follows.
  if (/^[A-Za-z0-9](?:[ -~]|$)/.test(word)) return word.charAt(0)
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  const [first] = graphemes.segment(word)
  return first?.segment ?? ''
}
