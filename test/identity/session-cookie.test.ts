import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import {
  type SessionHolder,
  type Sessions,
  createSessions,
  isSessionCookie,
} from '../../src/identity/session-cookie.ts'

const SECRET = randomBytes(32)
const ADA: SessionHolder = { kind: 'user', user: 'ada', tokenPrefix: '0123456789abcdef' }
const PLAIN = { host: 'localhost:8890', isSecure: false, cookies: [] }

test('[ACCESS-12] a cookie names its holder until it expires, and not a moment longer', () => {
  let now = 1000
  const sessions = createSessions({ secret: SECRET, baseUrl: '/', sessionMs: 5000, now: () => now })
  const value = valueOf(sessions.issue(PLAIN, ADA))
  assert.deepEqual(read(sessions, value), ADA)
  now = 5999
  assert.deepEqual(read(sessions, value), ADA)
  now = 6000
  assert.equal(read(sessions, value), undefined)
})

test('[ACCESS-12] a cookie with one changed character is worth nothing', () => {
  const sessions = sessionsWith(SECRET)
  const value = valueOf(sessions.issue(PLAIN, ADA))
  for (let at = 0; at < value.length; at += 1) {
    const changed = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1)
    assert.equal(read(sessions, changed), undefined, `character ${at}`)
  }
  for (let length = 0; length < value.length; length += 1) {
    assert.equal(read(sessions, value.slice(0, length)), undefined)
  }
  for (const suffix of ['.', '.x', '=x']) assert.equal(read(sessions, value + suffix), undefined)
})

test('[ACCESS-12] a cookie of another server, or signed for another purpose, is worth nothing', () => {
  const sessions = sessionsWith(SECRET)
  assert.equal(read(sessions, valueOf(sessionsWith(randomBytes(32)).issue(PLAIN, ADA))), undefined)
  const body = Buffer.from(JSON.stringify({ ...ADA, expiresAtMs: 9e15 })).toString('base64url')
  const signature = createHmac('sha256', SECRET).update(body).digest('base64url')
  assert.equal(read(sessions, `v1.${body}.${signature}`), undefined)
  assert.equal(read(sessions, `v1.${body}.`), undefined)
})

test('[ACCESS-12] an old cookie in front does not hide a good one of the same name', () => {
  const sessions = sessionsWith(SECRET)
  const good = valueOf(sessions.issue(PLAIN, ADA))
  const old = valueOf(sessionsWith(randomBytes(32)).issue(PLAIN, ADA))
  const cookies = [old, good].map((value) => ({ name: 'outrigger-session-8890', value }))
  assert.deepEqual(sessions.read({ ...PLAIN, cookies }), ADA)
})

test('[ACCESS-33] the cookie is HttpOnly, SameSite=Lax, below the base URL and named after the port', () => {
  const sessions = createSessions({ secret: SECRET, baseUrl: '/user/a b/', sessionMs: 90_500, now: () => 0 })
  const [pair, ...attributes] = sessions.issue(PLAIN, ADA).split('; ')
  assert.match(pair ?? '', /^outrigger-session-8890=v1\.[\w-]+\.[\w-]+$/)
  assert.deepEqual(attributes, ['Path=/user/a%20b/', 'Max-Age=90', 'HttpOnly', 'SameSite=Lax'])
  assert.match(sessions.issue({ ...PLAIN, host: 'lab.example.org' }, ADA), /^outrigger-session=/)
  assert.match(sessions.issue({ ...PLAIN, host: '[::1]:9000' }, ADA), /^outrigger-session-9000=/)
  assert.match(sessions.issue({ ...PLAIN, isSecure: true }, ADA), /; Secure$/)
})

test('[ACCESS-33] signing out clears exactly that cookie', () => {
  const sessions = createSessions({ secret: SECRET, baseUrl: '/user/ada/', sessionMs: 1000, now: () => 0 })
  assert.equal(
    sessions.revoke(PLAIN),
    'outrigger-session-8890=; Path=/user/ada/; Max-Age=0; HttpOnly; SameSite=Lax',
  )
})

test('the names of our cookies are told from others', () => {
  assert.ok(isSessionCookie('outrigger-session') && isSessionCookie('outrigger-session-8890'))
  assert.ok(!isSessionCookie('outrigger-sessions') && !isSessionCookie('_xsrf'))
})

test('a secret that is too short is refused', () => {
  assert.throws(() => sessionsWith(randomBytes(31)), /32 bytes/)
})

function sessionsWith(secret: Uint8Array): Sessions {
  return createSessions({ secret, baseUrl: '/', sessionMs: 60_000, now: () => 1000 })
}

function read(sessions: Sessions, value: string): SessionHolder | undefined {
  return sessions.read({ ...PLAIN, cookies: [{ name: 'outrigger-session-8890', value }] })
}

function valueOf(setCookie: string): string {
  return /=([^;]*)/.exec(setCookie)?.[1] ?? ''
}
