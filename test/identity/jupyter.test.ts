import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { FailedAttempts } from '../../src/identity/failed-attempts.ts'
import { jupyterAuthenticator } from '../../src/identity/jupyter-authenticator.ts'
import { JupyterPeople } from '../../src/identity/jupyter-people.ts'
import { JUPYTER_TOKEN, type PeopleJupyter, peopleJupyter } from '../support/people-jupyter.ts'
import { type Ask, gateServer, usersGate } from './gate-fixture.ts'
import { LiveResource } from '../../src/identity/live-resource.ts'

async function fixture(t: TestContext, hasOwner = false) {
  const jupyter = await peopleJupyter(t)
  const clock = { now: 1_000_000 }
  const now = (): number => clock.now
  const attempts = new FailedAttempts()
  const people = new JupyterPeople({ url: jupyter.url, hasOwner, timeoutMs: 5000, now })
  const authenticator = jupyterAuthenticator({
    people,
    isOwnCookie: (name) => name.startsWith('outrigger-session'),
    mustWait: (address) => attempts.mustWait(address, clock.now),
    onSignOut: () => {},
  })
  const declared = {
    resource: { name: 'x', owner: hasOwner ? 'user:olga' : 'user:', viewers: [] },
    groups: {},
  } as const
  const options = { sources: [authenticator], resource: new LiveResource(declared), attempts, now }
  const server = await gateServer(t, usersGate(options))
  return {
    jupyter,
    clock,
    people,
    authenticator,
    ask: (one: Ask) => server.ask(one),
    say: (one: Ask) => server.say(one),
  }
}

/** The cookie that Jupyter would have given this person. */
function cookieOf(jupyter: PeopleJupyter, user: string, extra = ''): Ask {
  jupyter.cookies.set(`c-${user}`, user)
  return { headers: { cookie: `username-127-0-0-1-${jupyter.port}=c-${user}${extra}` } }
}

const bearer = (token: string): Ask => ({ headers: { authorization: `Bearer ${token}` } })

test('[ACCESS-93] whom Jupyter knows by its cookie is let in under the name that Jupyter gives', async (t) => {
  const { jupyter, ask, say } = await fixture(t)
  const admission = await ask(cookieOf(jupyter, 'pat'))
  assert.ok(admission.ok)
  const { principal, access, source, isKnownToJupyter } = admission
  assert.deepEqual(
    [principal.id, principal.displayName, principal.initials, access, source, isKnownToJupyter],
    ['pat', 'The pat', 'TP', 'manage', 'cookie', true],
  )
  assert.equal(await say({}), 'not_signed_in')
  assert.equal(await say({ headers: { cookie: 'username-127-0-0-1-1=c-pat' } }), 'not_signed_in')
  assert.equal(await say({ headers: { cookie: '_xsrf=x; outrigger-session-1=y' } }), 'not_signed_in')
})

const PERMISSIONS: [Record<string, readonly string[]>, string, string][] = [
  [{ contents: ['read', 'write'], kernels: ['execute'], server: ['write'] }, 'manage', 'edit'],
  [{ contents: ['read', 'write'], kernels: ['execute'] }, 'edit', 'edit'],
  [{ contents: ['read', 'write'] }, 'read', 'read'],
  [{ contents: ['read'], kernels: ['execute'] }, 'read', 'read'],
  [{ contents: ['read'], server: ['write'] }, 'read', 'read'],
  [{ contents: ['read'] }, 'read', 'read'],
]

test('[ACCESS-93] permissions at Jupyter become access here; with an owner nobody else manages', async (t) => {
  for (const hasOwner of [false, true]) {
    const { jupyter, say } = await fixture(t, hasOwner)
    for (const [index, [permissions, without, withOwner]] of PERMISSIONS.entries()) {
      jupyter.permissions.set(`p${index}`, permissions)
      const expected = `ok p${index} ${hasOwner ? withOwner : without} cookie`
      assert.equal(await say(cookieOf(jupyter, `p${index}`)), expected)
    }
    for (const [index, nothing] of [{}, { contents: ['write'] }, { kernels: ['execute'] }].entries()) {
      jupyter.permissions.set(`n${index}`, nothing as Record<string, readonly string[]>)
      assert.equal(await say(cookieOf(jupyter, `n${index}`)), 'not_found')
    }
    if (hasOwner) assert.equal(await say(cookieOf(jupyter, 'olga')), 'ok olga manage cookie')
  }
})

test('[ACCESS-94] a made-up token beside a good cookie is wrong, and does not switch the Origin check off', async (t) => {
  const { jupyter, say } = await fixture(t)
  const good = cookieOf(jupyter, 'pat')
  assert.equal(await say({ ...good, path: '/?token=made-up', method: 'POST' }), 'not_signed_in')
  assert.equal(
    await say({ headers: { ...good.headers, authorization: 'token made-up' }, method: 'POST' }),
    'not_signed_in',
  )
  assert.equal(await say({ ...good, method: 'POST' }), 'bad_origin')
})

test('[ACCESS-97] a bare token is one person, though Jupyter gives it another name each time', async (t) => {
  const { clock, say, jupyter, ask } = await fixture(t)
  assert.equal(await say(bearer(JUPYTER_TOKEN)), 'ok anonymous-1 manage header')
  clock.now += 11_000
  assert.equal(await say(bearer(JUPYTER_TOKEN)), 'ok anonymous-1 manage header')
  assert.equal(await say({ path: `/?token=${JUPYTER_TOKEN}` }), 'ok anonymous-1 manage query')
  assert.equal(jupyter.asked, 2)
  jupyter.tokens.set('hub', 'hal')
  assert.equal(await say(bearer('hub')), 'ok hal manage header')
  const admission = await ask(bearer('hub'))
  assert.ok(admission.ok)
})

test('[ACCESS-97] many requests at once ask Jupyter once, and none within ten seconds', async (t) => {
  const { clock, say, jupyter } = await fixture(t)
  let release = (): void => {}
  jupyter.held = new Promise((resolve) => (release = resolve))
  const answers = Array.from({ length: 20 }, () => say(cookieOf(jupyter, 'pat')))
  release()
  assert.deepEqual([...new Set(await Promise.all(answers))], ['ok pat manage cookie'])
  clock.now += 9_000
  // The token of a form says nothing about who it is.
  assert.equal(await say(cookieOf(jupyter, 'pat', '; _xsrf=1')), 'ok pat manage cookie')
  assert.equal(jupyter.asked, 1)
  jupyter.cookies.clear()
  clock.now += 2_000
  assert.equal(
    await say({ headers: { cookie: `username-127-0-0-1-${jupyter.port}=c-pat` } }),
    'not_signed_in',
  )
})

test('[ACCESS-97] while Jupyter does not answer, whom it knew a minute ago goes on, others are told', async (t) => {
  const { clock, say, jupyter } = await fixture(t)
  assert.equal(await say(cookieOf(jupyter, 'pat')), 'ok pat manage cookie')
  jupyter.failing = 502
  clock.now += 50_000
  assert.equal(await say(cookieOf(jupyter, 'pat')), 'ok pat manage cookie')
  assert.equal(await say(cookieOf(jupyter, 'lin')), 'jupyter_unreachable')
  clock.now += 20_000
  assert.equal(await say(cookieOf(jupyter, 'pat')), 'jupyter_unreachable')
  jupyter.failing = undefined
  assert.equal(await say(cookieOf(jupyter, 'pat')), 'ok pat manage cookie')
})

test('[ACCESS-97] credentials that are remembered are bounded in number', async (t) => {
  const { people, jupyter } = await fixture(t)
  jupyter.failing = 502
  const tries = Array.from(
    { length: 5_100 },
    (_, index) => ({ kind: 'token', token: String(index) }) as const,
  )
  for (let at = 0; at < tries.length; at += 300) {
    await Promise.all(tries.slice(at, at + 300).map((one) => people.find(one).catch(() => undefined)))
  }
  assert.equal(people.size, 5_000)
})

test('[ACCESS-80] wrong tokens are counted, and Jupyter is not asked while an address waits', async (t) => {
  const { say, jupyter } = await fixture(t)
  for (let guess = 0; guess < 10; guess += 1) {
    assert.equal(await say(bearer(`guess-${guess}`)), 'not_signed_in')
  }
  assert.equal(await say(bearer(JUPYTER_TOKEN)), 'too_fast')
  assert.equal(jupyter.asked, 10)
  assert.equal(await say(cookieOf(jupyter, 'pat')), 'ok pat manage cookie')
})

test('[ACCESS-98] a lease asks anew: permissions that changed, a cookie that is taken no longer, a sign-out', async (t) => {
  const { jupyter, authenticator, people } = await fixture(t)
  const header = cookieOf(jupyter, 'pat').headers?.['cookie'] ?? ''
  const credential = { kind: 'cookies', header } as const
  const renew = async () => await found?.lease.renew?.()
  let found = await people.find(credential)
  jupyter.permissions.set('pat', { contents: ['read'] })
  assert.equal((await renew())?.granted, 'read')
  jupyter.failing = 500
  await assert.rejects(renew, { code: 'jupyter_unreachable' })
  jupyter.failing = undefined
  jupyter.cookies.clear()
  assert.equal(await renew(), undefined)
  jupyter.cookies.set('c-pat', 'pat')
  assert.equal((await renew())?.granted, 'read')
  people.forget(credential)
  assert.equal(await renew(), undefined)
  found = await people.find(credential)
  assert.equal((await renew())?.granted, 'read')
  assert.equal(authenticator.name, 'jupyter')
})
