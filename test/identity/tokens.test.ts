import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { FailedAttempts } from '../../src/identity/failed-attempts.ts'
import { configuredPrincipals } from '../../src/identity/principal.ts'
import { createTokenCheck } from '../../src/identity/token-check.ts'
import { tokenIndex } from '../../src/identity/tokens.ts'

const USERS = [
  { name: 'ada', tokens: [digest('ada-laptop'), digest('ada-script')] },
  { name: 'grace', tokens: [digest('grace-laptop')] },
  { name: 'lin', tokens: [] },
]
const POLICY = { maxFailures: 3, windowMs: 60_000, delayMs: 1000, maxDelayMs: 8000, maxAddresses: 3 }

test('[ACCESS-11] each token finds its own user and nothing else finds any', () => {
  const index = tokenIndex(USERS)
  assert.equal(index.find('ada-laptop')?.user, 'ada')
  assert.equal(index.find('ada-script')?.user, 'ada')
  assert.equal(index.find('grace-laptop')?.user, 'grace')
  for (const wrong of [
    '',
    'ada',
    'ada-laptop ',
    'ADA-LAPTOP',
    digest('ada-laptop'),
    '__proto__',
    'x'.repeat(9999),
  ]) {
    assert.equal(index.find(wrong), undefined, wrong.slice(0, 80))
  }
})

test('[ACCESS-11] two users with one token are refused at the start', () => {
  const shared = [
    { name: 'ada', tokens: [digest('same')] },
    { name: 'grace', tokens: [digest('same').toUpperCase().replace('SHA', 'sha')] },
  ]
  assert.throws(() => tokenIndex(shared), /ada and grace have the same token/)
})

test('[ACCESS-12] a token that is gone, or moved to another user, is not known as before', () => {
  const holder = tokenIndex(USERS).find('grace-laptop')
  assert.ok(holder !== undefined && tokenIndex(USERS).has(holder))
  assert.ok(!tokenIndex(USERS.slice(0, 1)).has(holder))
  assert.ok(!tokenIndex([{ name: 'mallory', tokens: [digest('grace-laptop')] }]).has(holder))
  assert.ok(!tokenIndex([{ name: 'grace', tokens: [digest('grace-phone')] }]).has(holder))
})

test('[ACCESS-13] after the last free failure an address waits, longer each time, up to the maximum', () => {
  const attempts = new FailedAttempts(POLICY)
  const waits: number[] = []
  let now = 1_000_000
  for (let failure = 1; failure <= 8; failure += 1) {
    attempts.failed('203.0.113.7', now)
    const start = now
    while (attempts.mustWait('203.0.113.7', now)) now += 100
    waits.push(now - start)
  }
  assert.deepEqual(waits, [0, 0, 1000, 2000, 4000, 8000, 8000, 8000])
  assert.ok(!attempts.mustWait('203.0.113.8', now - 50))
})

test('[ACCESS-13] failures that are spread over time never make an address wait', () => {
  const attempts = new FailedAttempts(POLICY)
  for (let now = 0; now < 3_600_000; now += 31_000) {
    attempts.failed('203.0.113.7', now)
    assert.ok(!attempts.mustWait('203.0.113.7', now))
  }
})

test('[ACCESS-13] an address that waited starts anew after a quiet time', () => {
  const attempts = new FailedAttempts(POLICY)
  for (let failure = 0; failure < 5; failure += 1) attempts.failed('203.0.113.7', 0)
  assert.ok(attempts.mustWait('203.0.113.7', 3999))
  attempts.failed('203.0.113.7', 70_000)
  assert.ok(!attempts.mustWait('203.0.113.7', 70_000))
})

test('[ACCESS-13] at the limit of addresses the one that failed longest ago is forgotten', () => {
  const attempts = new FailedAttempts({ ...POLICY, maxFailures: 1 })
  for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.1', '10.0.0.4'])
    attempts.failed(address, 0)
  assert.equal(attempts.addresses, 3)
  const waiting = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].filter((one) => attempts.mustWait(one, 1))
  assert.deepEqual(waiting, ['10.0.0.1', '10.0.0.3', '10.0.0.4'])
})

test('[ACCESS-13] a whole IPv6 network counts as one address, and a mapped IPv4 address as itself', () => {
  const attempts = new FailedAttempts({ ...POLICY, maxFailures: 1 })
  attempts.failed('2001:db8:1:2:3:4:5:6', 0)
  attempts.failed('::ffff:203.0.113.7', 0)
  assert.ok(attempts.mustWait('2001:db8:1:2::9', 1))
  assert.ok(!attempts.mustWait('2001:db8:1:3::9', 1))
  assert.ok(!attempts.mustWait('2001:db8::1', 1))
  assert.ok(attempts.mustWait('203.0.113.7', 1))
  assert.ok(!attempts.mustWait('203.0.113.8', 1))
})

test('[ACCESS-13] while an address waits, its right token looks like a wrong one; elsewhere it works', () => {
  let now = 0
  const checkToken = createTokenCheck({
    tokens: tokenIndex(USERS),
    principals: configuredPrincipals(USERS, {}),
    attempts: new FailedAttempts(POLICY),
    now: () => now,
  })
  const wrong = [1, 2, 3, 4].map(() => checkToken('guess', '10.0.0.1'))
  assert.deepEqual(
    wrong.map((verdict) => (verdict.ok ? 'ok' : verdict.code)),
    ['not_signed_in', 'not_signed_in', 'not_signed_in', 'too_fast'],
  )
  assert.equal(checkToken('ada-laptop', '10.0.0.1').ok, false)
  assert.equal(checkToken('ada-laptop', '10.0.0.2').ok, true)
  now = 1001
  assert.equal(checkToken('ada-laptop', '10.0.0.1').ok, true)
})

function digest(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`
}
