import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { accessOf, decide } from '../../src/access/decide.ts'
import type { Access, Action, Decision, Grant, Principal, Resource } from '../../src/access/model.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261)

/** Not signed in, signed in without a grant, reader, editor, owner (or member of the owning group). */
type Column = 'anonymous' | 'stranger' | 'reader' | 'editor' | 'owner'

const ACCESS: Record<Column, Access> = {
  anonymous: 'none',
  stranger: 'none',
  reader: 'read',
  editor: 'edit',
  owner: 'manage',
}

const OPEN = ['sign-in', 'hide', 'allow', 'allow', 'allow'] as const
const EDIT = ['sign-in', 'hide', 'forbid', 'allow', 'allow'] as const
const MANAGE = ['sign-in', 'hide', 'forbid', 'forbid', 'allow'] as const

/** A missing row or cell does not compile. */
const TABLE: Record<Action, readonly [Decision, Decision, Decision, Decision, Decision]> = {
  'page.open': OPEN,
  'state.read': OPEN,
  'server.start': MANAGE,
  'server.stop': MANAGE,
  'server.delete': MANAGE,
  'owner.change': ['sign-in', 'hide', 'forbid', 'forbid', 'owner-immutable'],
  'viewers.manage': MANAGE,
  'session.request': OPEN,
  'room.join': OPEN,
  'document.update': EDIT,
  'document.save': EDIT,
  'presence.send': OPEN,
  'history.read': EDIT,
  'files.read': OPEN,
  'files.write': EDIT,
  'kernels.use': EDIT,
  'people.list': OPEN,
  'people.manage': MANAGE,
  'audit.read': MANAGE,
  'server.observe': MANAGE,
  'request.malformed': ['malformed', 'malformed', 'malformed', 'malformed', 'malformed'],
  'request.unrouted': ['sign-in', 'hide', 'hide', 'hide', 'hide'],
}

const COLUMNS: readonly Column[] = ['anonymous', 'stranger', 'reader', 'editor', 'owner']

for (const [action, row] of Object.entries(TABLE)) {
  for (const [index, column] of COLUMNS.entries()) {
    test(`[ACCESS-2] ${action} by ${column} is decided "${row[index]}"`, () => {
      const principal = column === 'anonymous' ? undefined : person('ada')
      assert.equal(decide({ principal, access: ACCESS[column] }, action as Action), row[index])
    })
  }
}

test('[ACCESS-2] an action that is not in the table is denied', () => {
  const unheardOf = 'server.explode' as Action
  assert.notEqual(decide({ principal: person('ada'), access: 'manage' }, unheardOf), 'allow')
})

test('[ACCESS-1] the owner manages, whatever the viewers list says of it', () => {
  const resource = server('user:ada', [{ subject: 'user:ada', access: 'read' }])
  assert.equal(accessOf(person('ada'), { resource }), 'manage')
})

test('[ACCESS-1] members of the owning group manage, by their own groups or by the given ones', () => {
  const resource = server('group:lab', [])
  assert.equal(accessOf(person('ada', ['lab']), { resource }), 'manage')
  assert.equal(accessOf(person('ada'), { resource, groups: { lab: ['grace', 'ada'] } }), 'manage')
  assert.equal(accessOf(person('lab'), { resource }), 'none')
})

test('[ACCESS-1] the strongest grant wins, in any order', () => {
  const grants: Grant[] = [
    { subject: 'user:lin', access: 'read' },
    { subject: 'group:class', access: 'edit' },
  ]
  assert.equal(accessOf(person('lin', ['class']), { resource: server('user:ada', grants) }), 'edit')
  assert.equal(
    accessOf(person('lin', ['class']), { resource: server('user:ada', grants.toReversed()) }),
    'edit',
  )
  assert.equal(accessOf(person('lin'), { resource: server('user:ada', grants) }), 'read')
})

test('[ACCESS-9] a grant that denies beats every other one, but never the owner', () => {
  const grants: Grant[] = [
    { subject: 'group:class', access: 'edit' },
    { subject: 'user:lin', access: 'none' },
  ]
  const resource = server('group:staff', grants)
  assert.equal(accessOf(person('lin', ['class']), { resource }), 'none')
  assert.equal(accessOf(person('lin'), { resource }, 'edit'), 'none')
  assert.equal(accessOf(person('sam', ['class']), { resource }), 'edit')
  assert.equal(accessOf(person('lin', ['staff']), { resource }), 'manage')
})

test('[ACCESS-9] a grant is worth something until the moment when it expires, a denying one too', () => {
  const until = (access: Grant['access']): Resource =>
    server('user:ada', [
      { subject: 'user:lin', access, expiresAt: 100 },
      { subject: 'group:class', access: 'read' },
    ])
  const lin = person('lin', ['class'])
  assert.equal(accessOf(lin, { resource: until('edit'), now: 99 }), 'edit')
  assert.equal(accessOf(lin, { resource: until('edit'), now: 100 }), 'read')
  assert.equal(accessOf(lin, { resource: until('none'), now: 99 }), 'none')
  assert.equal(accessOf(lin, { resource: until('none'), now: 100 }), 'read')
})

test('[ACCESS-9] what a source grants by itself counts like a grant', () => {
  const resource = server('user:ada', [{ subject: 'user:lin', access: 'read' }])
  assert.equal(accessOf(person('lin'), { resource }, 'edit'), 'edit')
  assert.equal(accessOf(person('sam'), { resource }, 'read'), 'read')
  assert.equal(accessOf({ ...person('guest'), isAuthenticated: false }, { resource }, 'read'), 'read')
})

test('[ACCESS-1] a user and a group of the same name are different things', () => {
  assert.equal(accessOf(person('lab'), { resource: server('group:lab', []) }), 'none')
  assert.equal(accessOf(person('ada', ['lab']), { resource: server('user:lab', []) }), 'none')
})

test('[ACCESS-1] a group named like a property of every object has no members', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    assert.equal(accessOf(person('ada'), { resource: server(`group:${name}`, []) }), 'none')
  }
})

test('[ACCESS-15] a visitor who goes by the name of the owner has no access', () => {
  const visitor = { ...person('ada', ['lab']), isAuthenticated: false }
  assert.equal(
    accessOf(visitor, { resource: server('user:ada', [{ subject: 'group:lab', access: 'edit' }]) }),
    'none',
  )
  assert.equal(accessOf(undefined, { resource: server('user:ada', []) }), 'none')
})

const RANK: Record<Access, number> = { none: 0, read: 1, edit: 2, manage: 3 }
const name = fc.constantFrom<string>('ada', 'grace', 'lin', 'lab', 'class')
const subject = fc.oneof(
  name.map((text) => `user:${text}` as const),
  name.map((text) => `group:${text}` as const),
)
const grant: fc.Arbitrary<Grant> = fc.record({ subject, access: fc.constantFrom('read', 'edit') })

test('[ACCESS-1] a further grant never lowers access, and no grant means none', () => {
  const scene = fc.record({
    principal: fc.tuple(name, fc.array(name)).map(([id, groups]) => person(id, groups)),
    owner: subject,
    grants: fc.array(grant, { maxLength: 5 }),
    extra: grant,
    groups: fc.dictionary(name, fc.array(name), { maxKeys: 3 }),
  })
  fc.assert(
    fc.property(scene, ({ principal, owner, grants, extra, groups }) => {
      const before = accessOf(principal, { resource: server(owner, grants), groups })
      const after = accessOf(principal, { resource: server(owner, [...grants, extra]), groups })
      assert.ok(RANK[after] >= RANK[before])
      const subjects = [owner, ...grants.map((one) => one.subject)]
      const names = [
        `user:${principal.id}`,
        ...principal.groups.map((group) => `group:${group}`),
        ...Object.keys(groups)
          .filter((group) => groups[group]?.includes(principal.id))
          .map((group) => `group:${group}`),
      ]
      assert.equal(before === 'none', !subjects.some((one) => names.includes(one)))
    }),
    { seed: SEED, numRuns: 500 },
  )
})

test('[ACCESS-2] more access never allows less', () => {
  const ladder: readonly Access[] = ['none', 'read', 'edit', 'manage']
  for (const action of Object.keys(TABLE) as Action[]) {
    const allowed = ladder.map((access) => decide({ principal: person('ada'), access }, action) === 'allow')
    assert.ok(!allowed.some((isAllowed, rank) => isAllowed && allowed[rank + 1] === false), action)
  }
})

function person(id: string, groups: readonly string[] = []): Principal {
  return { id, displayName: id, initials: id.slice(0, 1), color: '#000000', groups, isAuthenticated: true }
}

function server(owner: Resource['owner'], viewers: readonly Grant[]): Resource {
  return { name: 'jupyter', owner, viewers }
}
