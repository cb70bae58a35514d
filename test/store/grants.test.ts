import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LevelGrantStore, type StoredGrant } from '../../src/store/grants.ts'
import { decodeGrantKey, grantKey } from '../../src/store/keys.ts'
import { fixOwner } from '../../src/store/resource-owners.ts'
import { storeFixture } from './store-fixture.ts'

const seed = Number(process.env['FC_SEED'] ?? 20265)

const LIN: StoredGrant = {
  id: '0123456789abcdef',
  subject: 'user:lin',
  access: 'edit',
  expiresAt: 1_900_000_000_000,
  addedBy: 'ada',
  addedAt: 1_800_000_000_000,
}

test('[ACCESS-50] grants are there after a restart, each resource’s apart', async (t) => {
  const { open } = await storeFixture(t, 'never')
  const first = await open()
  const store = new LevelGrantStore(first.database)
  const lab: StoredGrant = { ...LIN, id: 'ffff', subject: 'group:lab', access: 'none', expiresAt: undefined }
  await store.change('a', [
    { kind: 'put', grant: LIN },
    { kind: 'put', grant: lab },
  ])
  await store.change('ab', [{ kind: 'put', grant: { ...LIN, access: 'read' } }])
  await store.change('a', [])
  await first.database.close()
  const again = new LevelGrantStore((await open()).database)
  const byId = (grants: readonly StoredGrant[]) =>
    Object.fromEntries(grants.map((grant) => [grant.id, grant]))
  assert.deepEqual(byId(await again.list('a')), { [LIN.id]: LIN, ffff: lab })
  await again.change('a', [
    { kind: 'remove', subject: 'group:lab' },
    { kind: 'put', grant: { ...LIN, access: 'read', expiresAt: undefined } },
  ])
  assert.deepEqual(await again.list('a'), [{ ...LIN, access: 'read', expiresAt: undefined }])
  assert.equal((await again.list('ab')).length, 1)
  assert.deepEqual(await again.list('nothing'), [])
})

test('[ACCESS-59] a damaged grant denies, and is named in the log', async (t) => {
  const { open, logged } = await storeFixture(t)
  const { database } = await open()
  const store = new LevelGrantStore(database)
  await store.change('a', [{ kind: 'put', grant: LIN }])
  const key = grantKey('a', 'user:lin')
  const value = await database.read(async (reader) => reader.get('grant', key))
  value![5]! ^= 1
  await database.write([{ type: 'put', sublevel: 'grant', key, value: value! }])
  const [damaged] = await store.list('a')
  assert.equal(damaged?.subject, 'user:lin')
  assert.equal(damaged.access, 'none')
  assert.ok(logged.some((line) => line.includes('grant is damaged')))
  await store.change('a', [{ kind: 'remove', subject: 'user:lin' }])
  assert.deepEqual(await store.list('a'), [])
})

test('the key of a grant says for whom it is, whatever the names hold', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (resource, subject) => {
      const wellFormed = Buffer.from(subject).toString()
      assert.equal(decodeGrantKey(grantKey(resource, subject)), wellFormed)
    }),
    { seed },
  )
  for (const broken of [Buffer.alloc(0), Buffer.from([0, 9]), Buffer.from([0, 0, 0, 5, 97])]) {
    assert.equal(decodeGrantKey(broken), undefined)
  }
})

test('[ACCESS-53] the first owner of a resource stays its owner', async (t) => {
  const { open } = await storeFixture(t)
  const first = await open()
  assert.equal(await fixOwner(first.database, { name: 'a', owner: 'user:ada' }), 'user:ada')
  await first.database.close()
  const { database } = await open()
  assert.equal(await fixOwner(database, { name: 'a', owner: 'user:bob' }), 'user:ada')
  assert.equal(await fixOwner(database, { name: 'b', owner: 'user:bob' }), 'user:bob')
})
