import type { Locate } from './check-meaning.ts'
import { hasForeignPeople } from './check-sources.ts'
import type { Fault } from './fault.ts'
import type { Config, ViewerEntry } from './schema.ts'
import { closest } from './suggest.ts'

/**
 * Users, groups, owner and viewers name each other, and nobody is there twice. Where a source knows
 * people that are not listed here, any name may be right.
 */
export function checkPeople(config: Config, locate: Locate): Fault[] {
  return [
    ...missingPeople(config, locate),
    ...repeatedUsers(config, locate),
    ...repeatedTokens(config, locate),
    ...(hasForeignPeople(config) ? [] : unknownMembers(config, locate)),
    ...(hasForeignPeople(config) ? [] : unknownOwner(config, locate)),
    ...config.resource.viewers.flatMap((viewer, index) => viewerFaults(config, locate, viewer, index)),
  ]
}

function missingPeople({ auth, users, resource }: Config, locate: Locate): Fault[] {
  if (auth.mode !== 'config') return []
  if (users.length === 0 && auth.sources.includes('users')) {
    return [
      {
        key: 'auth.mode',
        origin: locate('auth.mode'),
        problem: '"config" with the source "users" needs users, and none are configured',
        fix: 'Add users and resource.owner to a file (see config/team.yaml) and pass it with --config FILE, or use --auth open on 127.0.0.1 for no sign-in.',
      },
    ]
  }
  // There, whoever may stop the Jupyter server manages it.
  if (resource.owner !== undefined || auth.sources.includes('jupyter')) return []
  const fix = 'Add "owner: user:NAME" or "owner: group:NAME" below "resource:".'
  return [{ key: 'resource.owner', problem: 'is not set, so nobody could do anything', fix }]
}

function repeatedUsers({ users }: Config, locate: Locate): Fault[] {
  const names = users.map(({ name }) => name)
  return names.flatMap((name, index) => {
    if (names.indexOf(name) === index) return []
    const origin = locate('users', [index, 'name'])
    const fix = 'Rename or remove one of them.'
    return [{ key: `users[${index}].name`, origin, problem: `"${name}" is there twice`, fix }]
  })
}

function repeatedTokens({ users }: Config, locate: Locate): Fault[] {
  const firstUse = new Map<string, string>()
  return users.flatMap(({ name, tokens }, index) =>
    tokens.flatMap((token, tokenIndex) => {
      const holder = firstUse.get(token)
      firstUse.set(token, holder ?? name)
      if (holder === undefined) return []
      const fix = `Make one with: outrigger token --user ${name}`
      const origin = locate('users', [index, 'tokens', tokenIndex])
      const key = `users[${index}].tokens[${tokenIndex}]`
      return [{ key, origin, problem: `is also a token of ${holder}`, fix }]
    }),
  )
}

function unknownMembers(config: Config, locate: Locate): Fault[] {
  return Object.entries(config.groups).flatMap(([group, members]) =>
    members.flatMap((member, index) => {
      if (userNames(config).includes(member)) return []
      const origin = locate('groups', [group, index])
      return [{ key: `groups.${group}[${index}]`, origin, ...nobody('user', member, userNames(config)) }]
    }),
  )
}

function unknownOwner(config: Config, locate: Locate): Fault[] {
  const { owner } = config.resource
  if (owner === undefined) return []
  const colon = owner.indexOf(':')
  const kind = owner.slice(0, colon) === 'user' ? 'user' : 'group'
  const name = owner.slice(colon + 1)
  const known = kind === 'user' ? userNames(config) : Object.keys(config.groups)
  if (known.includes(name)) return []
  return [{ key: 'resource.owner', origin: locate('resource.owner'), ...nobody(kind, name, known) }]
}

function viewerFaults(config: Config, locate: Locate, viewer: ViewerEntry, index: number): Fault[] {
  const base = { key: `resource.viewers[${index}]`, origin: locate('resource.viewers', [index]) }
  const { user, group } = viewer
  if ((user === undefined) === (group === undefined)) {
    const problem = user === undefined ? 'names nobody' : 'names a user and a group at once'
    return [{ ...base, problem, fix: 'Write exactly one of "user: NAME" and "group: NAME".' }]
  }
  const { expires } = viewer
  if (expires !== undefined && Number.isNaN(Date.parse(expires))) {
    const fix = 'Write a day such as 2027-01-31, or a time such as 2027-01-31T18:00Z.'
    return [{ ...base, key: `${base.key}.expires`, problem: `there is no time "${expires}"`, fix }]
  }
  const kind = user === undefined ? 'group' : 'user'
  const name = user ?? group ?? ''
  const known = kind === 'user' ? userNames(config) : Object.keys(config.groups)
  return hasForeignPeople(config) || known.includes(name) ? [] : [{ ...base, ...nobody(kind, name, known) }]
}

function nobody(
  kind: 'user' | 'group',
  name: string,
  known: readonly string[],
): Pick<Fault, 'problem' | 'fix'> {
  const guess = closest(name, known)
  const fix = guess === undefined ? `Add it to ${kind}s.` : `Did you mean ${guess}?`
  return { problem: `there is no ${kind} "${name}"`, fix }
}

function userNames({ users }: Config): string[] {
  return users.map(({ name }) => name)
}
