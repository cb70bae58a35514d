import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { GuestLink } from '../../src/access/guest-link.ts'
import { GuestLinks } from '../../src/identity/guest-links.ts'
import { guestName } from '../../src/identity/guest-name.ts'
import { LevelLinkStore, type LinkStore } from '../../src/store/link-store.ts'
import { storeFixture } from '../store/store-fixture.ts'
import { person } from '../support/room-client.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_265)
const ADA = person('ada')
const HOUR_MS = 3_600_000

async function fixture(t: TestContext) {
  const { open, directory } = await storeFixture(t, 'never')
  const clock = { now: 1_000_000 }
  let database = (await open()).database
  const load = async (): Promise<GuestLinks> =>
    await GuestLinks.open({ store: new LevelLinkStore(database), resource: 'lab', now: () => clock.now })
  return {
    clock,
    directory,
    load,
    restart: async () => {
      await database.close()
      database = (await open()).database
      return await load()
    },
  }
}

function facts(maxUses = 5) {
  return { access: 'edit', expiresAt: 1_000_000 + HOUR_MS, maxUses, label: '', by: ADA } as const
}

/** Every write waits until it is let through, or fails. */
class HeldStore implements LinkStore {
  readonly waiting: { readonly link: GuestLink; readonly done: (error?: Error) => void }[] = []
  stored: GuestLink | undefined

  async list(): Promise<GuestLink[]> {
    return []
  }

  async put(link: GuestLink): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.waiting.push({
        link,
        done: (error) => {
          if (error !== undefined) return reject(error)
          this.stored = link
          resolve()
        },
      })
    })
  }

  async remove(): Promise<void> {}
}

async function made(links: GuestLinks, store: HeldStore, maxUses?: number): Promise<GuestLink> {
  const making = links.create(facts(maxUses))
  await new Promise((resolve) => setImmediate(resolve))
  store.waiting.shift()?.done()
  return (await making).link
}

test('[ACCESS-63] the secret of a link is told once and stored nowhere; it is 192 bits long', async (t) => {
  const { load, restart } = await fixture(t)
  const links = await load()
  const { link, secret } = await links.create(facts())
  assert.equal(Buffer.from(secret, 'base64url').length, 24)
  assert.ok(!JSON.stringify(links.all).includes(secret))
  assert.equal(links.find(secret)?.id, link.id)
  assert.equal(links.find(link.digest), undefined)
  const again = await restart()
  assert.deepEqual(again.all, [link])
  assert.equal(again.find(secret)?.id, link.id)
})

test('[ACCESS-64] uses at the same time never exceed the maximum, and are remembered', async (t) => {
  const { load, restart } = await fixture(t)
  const links = await load()
  const { link } = await links.create(facts(3))
  const states = await Promise.all(
    Array.from({ length: 10 }, async () => await links.use(link.id, undefined)),
  )
  assert.equal(states.filter((state) => state === 'valid').length, 3)
  assert.equal(states.filter((state) => state === 'used_up').length, 7)
  const again = await restart()
  assert.equal(again.get(link.id)?.uses, 3)
  assert.equal(await again.use(link.id, undefined), 'used_up')
})

test('[ACCESS-64] a use that could not be noted is given back', async () => {
  const store = new HeldStore()
  const links = await GuestLinks.open({ store, resource: 'lab', now: () => 1_000_000 })
  const link = await made(links, store, 1)
  const failing = links.use(link.id, undefined)
  assert.equal(await links.use(link.id, undefined), 'used_up')
  store.waiting.shift()?.done(new Error('no disk'))
  await assert.rejects(failing, /no disk/)
  const next = links.use(link.id, undefined)
  store.waiting.shift()?.done()
  assert.equal(await next, 'valid')
})

test('[ACCESS-65] who signed in comes by a link once, keeps its access until it ends, and costs one use', async (t) => {
  const { load, clock, restart } = await fixture(t)
  const links = await load()
  const { link } = await links.create(facts(2))
  let changes = 0
  links.onChange(() => (changes += 1))
  const twice = await Promise.all([links.use(link.id, 'lin'), links.use(link.id, 'lin')])
  assert.deepEqual(twice, ['valid', 'valid'])
  assert.equal(await links.use(link.id, 'lin'), 'valid')
  assert.equal(links.get(link.id)?.uses, 1)
  assert.equal(changes, 1)
  const grant = { subject: 'user:lin', access: 'edit', expiresAt: link.expiresAt }
  assert.deepEqual(links.grants, [grant])
  const again = await restart()
  assert.deepEqual(again.grants, [grant])
  clock.now = link.expiresAt
  assert.equal(await again.use(link.id, 'lin'), 'expired')
})

test('[ACCESS-66] a revoked link lets nobody in and nobody stay, at once and after a restart', async (t) => {
  const { load, clock, restart } = await fixture(t)
  const links = await load()
  const { link } = await links.create(facts())
  await links.use(link.id, 'lin')
  const revoking = links.revoke(link.id)
  assert.deepEqual(links.grants, [])
  assert.ok(links.endOf(link.id) <= clock.now)
  assert.equal(await links.use(link.id, undefined), 'revoked')
  assert.equal((await revoking)?.id, link.id)
  assert.equal(await links.revoke(link.id), undefined)
  const again = await restart()
  assert.deepEqual(again.grants, [])
  assert.equal(await again.use(link.id, 'lin'), 'revoked')
})

test('[ACCESS-66] a revocation that could not be written holds, and can be asked for again', async () => {
  const store = new HeldStore()
  const links = await GuestLinks.open({ store, resource: 'lab', now: () => 1_000_000 })
  const link = await made(links, store)
  const failing = links.revoke(link.id)
  store.waiting.shift()?.done(new Error('no disk'))
  await assert.rejects(failing)
  assert.equal(await links.use(link.id, undefined), 'revoked')
  const again = links.revoke(link.id)
  store.waiting.shift()?.done()
  assert.equal((await again)?.id, link.id)
  assert.notEqual(store.stored?.revokedAt, undefined)
})

test('[ACCESS-64] [ACCESS-66] in any order of uses, revocations and answers of the disk nobody comes in too much', async () => {
  const step = fc.constantFrom('guest', 'lin', 'sam', 'revoke', 'written', 'written', 'failed' as const)
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, maxUses) => {
        const store = new HeldStore()
        const links = await GuestLinks.open({ store, resource: 'lab', now: () => 1_000_000 })
        const link = await made(links, store, maxUses)
        const entered: (string | undefined)[] = []
        let isRevoked = false
        const running: Promise<unknown>[] = []
        for (const what of [...steps, ...steps.map(() => 'written' as const)]) {
          if (what === 'revoke') {
            isRevoked = true
            running.push(links.revoke(link.id).catch(() => undefined))
          } else if (what === 'written' || what === 'failed') {
            store.waiting.shift()?.done(what === 'failed' ? new Error('no disk') : undefined)
          } else {
            const who = what === 'guest' ? undefined : what
            const use = links.use(link.id, who).then(
              (state) => {
                if (state !== 'valid') return
                assert.ok(!isRevoked, 'let in after the revocation')
                if (who === undefined || !entered.includes(who)) entered.push(who)
              },
              () => undefined,
            )
            running.push(use)
          }
          await new Promise((resolve) => setImmediate(resolve))
        }
        while (store.waiting.length > 0) {
          store.waiting.shift()?.done()
          await new Promise((resolve) => setImmediate(resolve))
        }
        await Promise.all(running)
        assert.ok(entered.length <= maxUses, `${entered.length} of ${maxUses}`)
        if (isRevoked) assert.deepEqual(links.grants, [])
      },
    ),
    { seed: SEED, numRuns: 300 },
  )
})

test('[ACCESS-63] links that ended long ago are forgotten, and there are never too many', async (t) => {
  const { load, clock } = await fixture(t)
  const links = await load()
  const { link: old } = await links.create(facts())
  for (let count = 1; count < 500; count += 1) await links.create(facts())
  await assert.rejects(links.create(facts()), { code: 'too_many_links' })
  clock.now = old.expiresAt + 31 * 24 * HOUR_MS
  const { link } = await links.create({ ...facts(), expiresAt: clock.now + HOUR_MS })
  assert.deepEqual(links.all, [link])
})

for (const [typed, shown] of [
  ['  Ada   Lovelace ', 'Ada Lovelace'],
  ['Zoë', 'Zoë'],
  ['李 雷', '李 雷'],
  ['a\u0000b\u001b[31mc\n d', 'ab[31mc d'],
  ['\u202eeve', 'eve'],
  ['z\u0300\u0301\u0302\u0303\u0304\u0305a', 'z\u0300\u0301a'],
  ['x'.repeat(100), 'x'.repeat(40)],
  ['<b>Eve</b>', '<b>Eve</b>'],
  ['   ', undefined],
  ['\u200b\u200d', undefined],
  ['!?', undefined],
] as const) {
  test(`[ACCESS-67] somebody who types ${JSON.stringify(typed.slice(0, 20))} is called ${JSON.stringify(shown?.slice(0, 20))}`, () => {
    assert.equal(guestName(typed), shown)
  })
}
