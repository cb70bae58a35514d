import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { AuditEvent } from '../../src/access/audit.ts'
import { accessOf } from '../../src/access/decide.ts'
import type { Access, Grant, Principal, Subject } from '../../src/access/model.ts'
import { GrantBook, type GrantBookOptions } from '../../src/identity/grant-book.ts'
import { LiveResource } from '../../src/identity/live-resource.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import {
  type GrantChange,
  type GrantStore,
  LevelGrantStore,
  type StoredGrant,
} from '../../src/store/grants.ts'
import { storeFixture } from '../store/store-fixture.ts'

const seed = Number(process.env['FC_SEED'] ?? 20266)
const DAY = 86_400_000
const ACTOR = { id: 'ada', address: '192.0.2.1' }

/** Keeps what it is told; a test may hold or break the next change. */
class ListStore implements GrantStore {
  grants: StoredGrant[] = []
  onChange: () => Promise<void> = async () => {}

  async list(): Promise<StoredGrant[]> {
    return [...this.grants]
  }

  async change(_resource: string, changes: readonly GrantChange[]): Promise<void> {
    await this.onChange()
    for (const change of changes) {
      const subject = change.kind === 'put' ? change.grant.subject : change.subject
      this.grants = this.grants.filter((grant) => grant.subject !== subject)
      if (change.kind === 'put') this.grants.push(change.grant)
    }
  }
}

function liveResource(viewers: readonly Grant[] = [{ subject: 'user:lin', access: 'read' }]): LiveResource {
  return new LiveResource({
    resource: { name: 'r', owner: 'user:ada', viewers },
    groups: { lab: ['grace'] },
    places: ['team.yaml:7'],
  })
}

async function newBook(options: Partial<GrantBookOptions> = {}) {
  const store = new ListStore()
  const live = liveResource()
  const events: AuditEvent[] = []
  const book = await GrantBook.load({
    live,
    store,
    audit: { record: (event) => events.push(event) },
    maxGrants: 10,
    ...options,
  })
  return { book, store, live, events }
}

function person(id: string): Principal {
  return { id, displayName: id, initials: '', color: '', groups: [], isAuthenticated: true }
}

function may(live: LiveResource, id: string, now = 0): Access {
  return accessOf(person(id), live.facts(now))
}

async function stored(t: TestContext) {
  const { open } = await storeFixture(t, 'never')
  return new LevelGrantStore((await open()).database)
}

test('[ACCESS-50] what was added counts, and counts again for the next who opens the store', async (t) => {
  const store = await stored(t)
  const { book, live } = await newBook({ store })
  const added = await book.add({ subject: 'user:sam', access: 'edit' }, ACTOR)
  assert.ok(added !== 'full' && added.isNew)
  assert.match(added.entry.id, /^[0-9a-f]{16}$/)
  assert.equal(may(live, 'sam'), 'edit')
  const later = await newBook({ store })
  assert.equal(may(later.live, 'sam'), 'edit')
  assert.deepEqual(later.book.entry(added.entry.id), { ...added.entry, expiresAt: undefined })
})

test('[ACCESS-50] nothing counts before it is written', async () => {
  const { book, store, live } = await newBook()
  let release = (): void => {}
  store.onChange = () => new Promise((resolve) => (release = resolve))
  const adding = book.add({ subject: 'user:sam', access: 'edit' }, ACTOR)
  await Promise.resolve()
  await Promise.resolve()
  assert.equal(may(live, 'sam'), 'none')
  release()
  await adding
  assert.equal(may(live, 'sam'), 'edit')
})

test('[ACCESS-50] after a failed write what is on disk counts, be it the old or the new', async () => {
  const { book, store, live, events } = await newBook()
  const fails = async (): Promise<never> => {
    throw new SyncError('store_unavailable')
  }
  store.onChange = fails
  await assert.rejects(book.add({ subject: 'user:sam', access: 'edit' }, ACTOR), {
    code: 'store_unavailable',
  })
  assert.equal(may(live, 'sam'), 'none')
  store.onChange = async () => {
    store.grants = [{ id: '1', subject: 'user:sam', access: 'read', addedBy: 'ada', addedAt: 0 }]
    await fails()
  }
  await assert.rejects(book.add({ subject: 'user:sam', access: 'read' }, ACTOR))
  assert.equal(may(live, 'sam'), 'read')
  assert.deepEqual(events, [])
  store.onChange = async () => {}
  assert.notEqual(await book.add({ subject: 'user:eve', access: 'read' }, ACTOR), 'full')
})

test('[ACCESS-52] declared grants are there with their place, and nothing done here touches them', async () => {
  const { book, live } = await newBook()
  const declared = { id: 'config:user:lin', subject: 'user:lin', access: 'read', origin: 'config' }
  assert.deepEqual(book.entries(), [{ ...declared, declaredAt: 'team.yaml:7' }])
  assert.equal(await book.change('config:user:lin', { access: 'edit' }, ACTOR), undefined)
  assert.equal(await book.remove('config:user:lin', ACTOR), false)
  assert.equal(may(live, 'lin'), 'read')
})

test('[ACCESS-57] every change is told to the audit trail', async () => {
  const { book, events } = await newBook()
  const until = Date.UTC(2030, 0, 1)
  const added = await book.add({ subject: 'user:sam', access: 'read', expiresAt: until }, ACTOR)
  assert.ok(added !== 'full')
  await book.add({ subject: 'user:sam', access: 'edit' }, ACTOR)
  await book.change(added.entry.id, { access: 'none' }, ACTOR)
  await book.remove(added.entry.id, ACTOR)
  const common = { actor: 'ada', address: '192.0.2.1', resource: 'r', subject: 'user:sam' }
  assert.deepEqual(events, [
    { ...common, action: 'grant', detail: 'read until 2030-01-01T00:00:00.000Z' },
    { ...common, action: 'role_change', detail: 'edit' },
    { ...common, action: 'role_change', detail: 'none' },
    { ...common, action: 'revoke', detail: 'none' },
  ])
})

test('a change keeps what it does not name; `null` makes a grant last', async () => {
  const { book } = await newBook({ now: () => 0 })
  const added = await book.add({ subject: 'user:sam', access: 'read', expiresAt: DAY }, ACTOR)
  assert.ok(added !== 'full')
  const { id } = added.entry
  assert.equal((await book.change(id, { access: 'edit' }, ACTOR))?.expiresAt, DAY)
  const lasting = await book.change(id, { expiresAt: null }, ACTOR)
  assert.equal(lasting?.expiresAt, undefined)
  assert.equal(lasting?.access, 'edit')
})

test('[ACCESS-59] a subject has one added grant; at the limit those that are over make room', async () => {
  let now = 0
  const { book, store } = await newBook({ maxGrants: 2, now: () => now })
  await book.add({ subject: 'user:sam', access: 'read', expiresAt: DAY }, ACTOR)
  await book.add({ subject: 'user:eve', access: 'read' }, ACTOR)
  assert.equal(await book.add({ subject: 'user:bob', access: 'read' }, ACTOR), 'full')
  const replaced = await book.add({ subject: 'user:eve', access: 'edit' }, ACTOR)
  assert.ok(replaced !== 'full' && !replaced.isNew)
  now = DAY
  assert.notEqual(await book.add({ subject: 'user:bob', access: 'read' }, ACTOR), 'full')
  assert.deepEqual(store.grants.map(({ subject }) => subject).toSorted(), ['user:bob', 'user:eve'])
})

test('[ACCESS-59] what is over can be seen for a week, and is then forgotten', async () => {
  let now = 0
  const { book, store } = await newBook({ now: () => now })
  await book.add({ subject: 'user:sam', access: 'read', expiresAt: DAY }, ACTOR)
  now = 7 * DAY
  await book.add({ subject: 'user:eve', access: 'read' }, ACTOR)
  assert.equal(store.grants.length, 2)
  now = 8 * DAY
  await book.add({ subject: 'user:bob', access: 'read' }, ACTOR)
  assert.deepEqual(store.grants.map(({ subject }) => subject).toSorted(), ['user:bob', 'user:eve'])
  assert.equal(book.entries().length, 3)
})

test('changes that are asked for at the same time are made one after the other', async (t) => {
  const { book } = await newBook({ store: await stored(t) })
  const add = async () => book.add({ subject: 'user:sam', access: 'read' }, ACTOR)
  const added = await Promise.all([add(), add(), add()])
  const isNew = added.map((one) => one !== 'full' && one.isNew)
  assert.deepEqual(isNew, [true, false, false])
  const id = book.entries().at(-1)!.id
  assert.deepEqual(await Promise.all([book.remove(id, ACTOR), book.remove(id, ACTOR)]), [true, false])
})

test('[ACCESS-55] adding never lowers access unless it denies, removing never raises it unless it denied', async () => {
  const RANK: Record<Access, number> = { none: 0, read: 1, edit: 2, manage: 3 }
  const subject = fc.constantFrom<Subject>('user:ada', 'user:grace', 'user:lin', 'user:sam', 'group:lab')
  const access = fc.constantFrom<Grant['access']>('none', 'read', 'edit')
  const expiresAt = fc.constantFrom(undefined, 50, 100, 150)
  const grant = fc.record({ subject, access, expiresAt })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), grant }),
    fc.record({ kind: fc.constant('remove' as const), subject }),
  )
  const now = 100
  await fc.assert(
    fc.asyncProperty(
      fc.array(grant, { maxLength: 3 }),
      fc.array(step, { maxLength: 8 }),
      async (declared, steps) => {
        const live = liveResource(declared)
        const { book } = await newBook({ live, now: () => now })
        const look = () => ['ada', 'grace', 'lin', 'sam'].map((name) => RANK[may(live, name, now)])
        for (const one of steps) {
          const before = look()
          const isAdding = one.kind === 'add'
          const target = isAdding ? one.grant.subject : one.subject
          const old = book.entries().find((entry) => entry.origin === 'api' && entry.subject === target)
          // Replacing is both at once; here each is looked at by itself.
          if (isAdding && old !== undefined) continue
          if (isAdding) await book.add(one.grant, ACTOR)
          else if (old !== undefined) await book.remove(old.id, ACTOR)
          const isDenial = (isAdding ? one.grant.access : old?.access) === 'none'
          look().forEach((rank, index) => {
            const isMore = rank > before[index]!
            const isLess = rank < before[index]!
            if (isDenial) assert.ok(isAdding ? !isMore : !isLess)
            else assert.ok(isAdding ? !isLess : !isMore)
          })
          assert.equal(RANK[may(live, 'ada', now)], RANK.manage)
        }
      },
    ),
    { seed },
  )
})
