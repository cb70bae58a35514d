/** Guest links through the whole server: made by the API, used by browsers, ended while people type. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpAnswer } from '../support/http-get.ts'
import { type TeamApp, teamApp, tokenOf } from '../support/team-app.ts'
import { until } from '../support/until.ts'

const PERSON = {
  accept: 'text/html',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
} as const

type Link = {
  readonly id: string
  readonly url: string
  readonly state: string
  readonly uses: number
  readonly people: readonly string[]
}

async function makeLink(app: TeamApp, facts: object = { access: 'edit' }): Promise<Link> {
  const made = await app.api('ada', 'POST', 'links', facts)
  assert.equal(made.status, 201, made.body)
  return JSON.parse(made.body) as Link
}

async function open(app: TeamApp, link: Pick<Link, 'url'>, headers: object = {}): Promise<HttpAnswer> {
  return await app.send('GET', link.url.slice(1), { headers: { ...PERSON, ...headers } })
}

async function join(
  app: TeamApp,
  link: Pick<Link, 'url'>,
  { name = 'Robin', headers = {} }: { readonly name?: string; readonly headers?: object } = {},
): Promise<HttpAnswer> {
  const { origin } = new URL(app.url)
  return await app.send('POST', link.url.slice(1), {
    body: String(new URLSearchParams({ name })),
    headers: { ...PERSON, origin, ...headers },
  })
}

function cookieOf(answer: HttpAnswer): string {
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
}

async function cookieFor(app: TeamApp, name: string): Promise<string> {
  return cookieOf(await app.send('GET', `outrigger/?token=${tokenOf(name)}`, { headers: PERSON }))
}

async function linkNow(app: TeamApp, { id }: Link): Promise<Link> {
  const { links } = JSON.parse((await app.api('ada', 'GET', 'links')).body) as { links: Link[] }
  return links.find((link) => link.id === id)!
}

test('[ACCESS-63] a link is made by managers only, its address is told once, and it is listed', async (t) => {
  const app = await teamApp(t)
  const made = await app.api('ada', 'POST', 'links', {
    access: 'read',
    expires: '2h',
    maxUses: 3,
    label: 'Jury',
  })
  const { url, ...listed } = JSON.parse(made.body) as Link & { expiresAt: string }
  assert.match(url, /^\/outrigger\/join\/[\w-]{32}$/)
  assert.equal(made.headers.location, `/outrigger/api/v1/resources/lab/links/${listed.id}`)
  assert.equal(made.headers['cache-control'], 'no-store')
  const list = await app.api('ada', 'GET', 'links')
  assert.deepEqual(JSON.parse(list.body), { links: [listed] })
  assert.ok(!list.body.includes(url.slice(-32)))
  const inHours = (Date.parse(listed.expiresAt) - Date.now()) / 3_600_000
  assert.ok(inHours > 1.9 && inHours <= 2)
  for (const [as, status] of [
    ['sam', 404],
    ['max', 404],
    ['lin', 403],
    ['eve', 403],
  ] as const) {
    assert.equal((await app.api(as, 'POST', 'links', { access: 'read' })).status, status, as)
    assert.equal((await app.api(as, 'GET', 'links')).status, status, as)
    assert.equal((await app.api(as, 'DELETE', `links/${listed.id}`)).status, status, as)
  }
  assert.equal((await app.send('GET', 'outrigger/api/v1/resources/lab/links')).status, 401)
})

for (const [what, body] of [
  ['no access', {}],
  ['an access that no link may have', { access: 'manage' }],
  ['no expiry worth the name', { access: 'read', expires: 'soon' }],
  ['an expiry in the past', { access: 'read', expires: '2020-01-01' }],
  ['an expiry too far away', { access: 'read', expires: '91d' }],
  ['no uses', { access: 'read', maxUses: 0 }],
  ['too many uses', { access: 'read', maxUses: 1001 }],
] as const) {
  test(`[ACCESS-63] a link with ${what} is refused`, async (t) => {
    const app = await teamApp(t)
    const answer = await app.api('ada', 'POST', 'links', body)
    assert.equal(answer.status, 400, answer.body)
    assert.equal((JSON.parse(answer.body) as { code: string }).code, 'bad_request')
  })
}

test('[ACCESS-67] a guest types a name, edits, and is seen as a guest; others see the text', async (t) => {
  const app = await teamApp(t)
  const link = await makeLink(app)
  const page = await open(app, link)
  assert.equal(page.status, 200)
  assert.match(page.body, /ADA invites you to lab/)
  assert.match(page.body, /<label for="name">/)
  assert.equal((await linkNow(app, link)).uses, 0, 'looking costs no use')
  const entered = await join(app, link, { name: ' Robin <b>Hood</b> ' })
  assert.deepEqual([entered.status, entered.headers.location], [303, '/'])
  assert.match(entered.headers['set-cookie']?.[0] ?? '', /; HttpOnly; SameSite=Lax/)
  const cookie = cookieOf(entered)
  const me = await app.send('GET', 'api/me?permissions=%7B%22contents%22%3A%5B%22write%22%5D%7D', {
    headers: { cookie },
  })
  const { identity, permissions } = JSON.parse(me.body) as {
    identity: { username: string; name: string; initials: string }
    permissions: object
  }
  assert.match(identity.username, new RegExp(`^guest:${link.id}:[0-9a-f]{16}$`))
  assert.equal(identity.name, 'Robin <b>Hood</b> (guest)')
  assert.deepEqual(permissions, { contents: ['write'], updatable_fields: [] })
  const guest = app.enter({ cookie })
  const ada = app.enter({ as: 'ada' })
  await until(() => guest.provider.synced && ada.provider.synced)
  guest.text.insert(0, 'hello')
  await until(() => ada.text.toJSON() === 'hello')
  const people = JSON.parse((await app.api('ada', 'GET', 'people')).body) as {
    people: { id: string; displayName: string; access: string }[]
  }
  const robin = people.people.find(({ id }) => id === identity.username)
  assert.deepEqual([robin?.displayName, robin?.access], [identity.name, 'edit'])
  // Whoever came by the link is let through, and costs no further use.
  assert.equal((await open(app, link, { cookie })).status, 302)
  assert.equal((await linkNow(app, link)).uses, 1)
})

test('[ACCESS-67] a guest of a reading link changes nothing, and manages nothing', async (t) => {
  const app = await teamApp(t)
  const cookie = cookieOf(await join(app, await makeLink(app, { access: 'read' })))
  const guest = app.enter({ cookie })
  const ada = app.enter({ as: 'ada' })
  await until(() => guest.provider.synced && ada.provider.synced)
  guest.text.insert(0, 'no')
  ada.text.insert(0, 'yes')
  await until(() => guest.text.toJSON().includes('yes'))
  assert.equal(ada.text.toJSON(), 'yes')
  const { origin } = new URL(app.url)
  const api = 'outrigger/api/v1/resources/lab'
  assert.equal((await app.send('GET', `${api}/links`, { headers: { cookie } })).status, 403)
  const kick = { headers: { cookie, origin }, body: { user: 'eve' } }
  assert.equal((await app.send('POST', `${api}/kick`, kick)).status, 403)
})

test('[ACCESS-67] a form without a readable name is shown again, with what was typed', async (t) => {
  const app = await teamApp(t)
  const link = await makeLink(app)
  const answer = await join(app, link, { name: '"><!?' })
  assert.equal(answer.status, 400)
  assert.match(answer.body, /role="alert"/)
  assert.match(answer.body, /value="&#34;&#62;&#60;!\?"/)
  assert.equal(answer.headers['set-cookie'], undefined)
  assert.equal((await linkNow(app, link)).uses, 0)
})

test('[ACCESS-64] of guests who come at the same time no more get in than the link allows', async (t) => {
  const app = await teamApp(t)
  const link = await makeLink(app, { access: 'edit', maxUses: 2 })
  const answers = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => await join(app, link, { name: `G${n}` })),
  )
  const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
  assert.deepEqual(statuses, [303, 303, 410, 410, 410, 410, 410, 410])
  const late = await open(app, link)
  assert.equal(late.status, 410)
  assert.match(late.body, /used as often as it may be\. Ask ADA for a new one\./)
  // Those inside stay.
  const cookie = cookieOf(answers.find(({ status }) => status === 303)!)
  assert.equal((await app.send('GET', 'api/me', { headers: { cookie } })).status, 200)
})

test('[ACCESS-66] revoked while a guest types: out within a second, nothing later is kept, and 410', async (t) => {
  const app = await teamApp(t)
  const link = await makeLink(app)
  const cookie = cookieOf(await join(app, link))
  const guest = app.enter({ cookie })
  const ada = app.enter({ as: 'ada' })
  await until(() => guest.provider.synced && ada.provider.synced)
  guest.provider.awareness.setLocalStateField('user', { name: 'x' })
  await until(() => ada.provider.awareness.getStates().has(guest.doc.clientID))
  const typing = setInterval(() => guest.text.insert(0, 'g'), 1)
  t.after(() => clearInterval(typing))
  await until(() => ada.text.length > 20)
  assert.equal((await app.api('ada', 'DELETE', `links/${link.id}`)).status, 204)
  await until(() => guest.closes.length > 0, 1000)
  assert.deepEqual(guest.closes, ['4403 This guest link is over; ask for a new one.'])
  await until(() => !ada.provider.awareness.getStates().has(guest.doc.clientID))
  await until(() => guest.text.length > ada.text.length + 20)
  clearInterval(typing)
  // What the server had received counts, also if it was shown a moment later.
  const eve = app.enter({ as: 'eve' })
  await until(() => eve.provider.synced && eve.text.toJSON() === ada.text.toJSON())
  assert.ok(guest.text.length > eve.text.length)
  // The cookie, the link, and the link again.
  const back = await app.send('GET', 'outrigger/', { headers: { ...PERSON, cookie } })
  assert.equal(back.status, 410)
  assert.equal(
    (JSON.parse((await app.send('GET', 'api/me', { headers: { cookie } })).body) as { code: string }).code,
    'link_revoked',
  )
  const page = await open(app, link)
  assert.equal(page.status, 410)
  assert.match(page.body, /This guest link was revoked\. Ask ADA, who made it\./)
  assert.equal((await app.api('ada', 'DELETE', `links/${link.id}`)).status, 404)
  await app.restart()
  assert.equal((await open(app, link)).status, 410)
})

test('[ACCESS-66] when a link expires, whoever came by it is out, and told so', async (t) => {
  const app = await teamApp(t)
  const link = await makeLink(app, { access: 'edit', expires: '2s' })
  const cookie = cookieOf(await join(app, link))
  const lin = await cookieFor(app, 'lin')
  await join(app, link, { headers: { cookie: lin } })
  const guest = app.enter({ cookie })
  const reader = app.enter({ cookie: lin })
  await until(() => guest.provider.synced && reader.provider.synced)
  await until(() => guest.closes.length > 0, 5000)
  assert.deepEqual(guest.closes, ['4403 This guest link is over; ask for a new one.'])
  const answer = await app.send('GET', 'api/me', { headers: { cookie } })
  assert.deepEqual([answer.status, (JSON.parse(answer.body) as { code: string }).code], [410, 'link_expired'])
  // Lin had more by the link for a while, and reads on.
  const people = JSON.parse((await app.api('ada', 'GET', 'people')).body) as { people: { access: string }[] }
  assert.deepEqual(
    people.people.map(({ access }) => access),
    ['read'],
  )
  assert.deepEqual(reader.closes, [])
  assert.match((await open(app, link)).body, /has expired\. Ask ADA for a new one\./)
})

test('[ACCESS-65] who is signed in joins as that person, keeps what is more, and costs one use', async (t) => {
  const app = await teamApp(t)
  const link = await makeLink(app, { access: 'edit', maxUses: 5 })
  const sam = await cookieFor(app, 'sam')
  assert.equal((await app.send('GET', 'outrigger/', { headers: { ...PERSON, cookie: sam } })).status, 404)
  const page = await open(app, link, { cookie: sam })
  assert.match(page.body, /Join as SAM/)
  assert.doesNotMatch(page.body, /name="name"/)
  const joined = await join(app, link, { headers: { cookie: sam } })
  assert.deepEqual([joined.status, joined.headers['set-cookie']], [303, undefined])
  // By any of this person's credentials from now on, also after a restart.
  const me = async (): Promise<number> => (await app.send('GET', 'api/me', { as: 'sam' })).status
  assert.equal(await me(), 200)
  assert.equal((await join(app, link, { headers: { cookie: sam } })).status, 303)
  await app.restart()
  assert.equal(await me(), 200)
  assert.deepEqual([(await linkNow(app, link)).uses, (await linkNow(app, link)).people], [1, ['sam']])
  // Nothing is gained: no page, no use.
  for (const name of ['ada', 'eve']) {
    const cookie = await cookieFor(app, name)
    assert.equal((await open(app, link, { cookie })).status, 302, name)
    assert.equal((await join(app, link, { headers: { cookie } })).status, 303, name)
  }
  // Who is denied gets what a missing link gets.
  const max = await open(app, link, { cookie: await cookieFor(app, 'max') })
  assert.equal(max.status, 404)
  assert.equal((await linkNow(app, link)).uses, 1)
  assert.equal((await app.api('ada', 'DELETE', `links/${link.id}`)).status, 204)
  assert.equal(await me(), 403)
})

test('[ACCESS-65] with a token shown on purpose one is that person, whatever the cookie says', async (t) => {
  const app = await teamApp(t)
  const cookie = cookieOf(await join(app, await makeLink(app)))
  const me = await app.send('GET', 'api/me', { as: 'lin', headers: { cookie } })
  assert.equal((JSON.parse(me.body) as { identity: { username: string } }).identity.username, 'lin')
})

test('[ACCESS-69] a wrong secret looks like a missing page, and after ten an address waits', async (t) => {
  const app = await teamApp(t)
  const link = await makeLink(app)
  const missing = await app.send('GET', 'outrigger/nothing', { headers: PERSON })
  for (let count = 0; count < 10; count += 1) {
    const wrong = await app.send('GET', `outrigger/join/guess-${count}`, { headers: PERSON })
    assert.deepEqual([wrong.status, wrong.body], [404, missing.body])
    assert.deepEqual({ ...wrong.headers, date: '' }, { ...missing.headers, date: '' })
  }
  assert.equal((await open(app, link)).status, 429)
  assert.equal((await join(app, link)).status, 429)
})

test('[ACCESS-69] a form of another site lets nobody in', async (t) => {
  const app = await teamApp(t)
  const link = await makeLink(app)
  for (const origin of ['https://evil.example', 'null']) {
    const answer = await join(app, link, { headers: { origin } })
    assert.deepEqual([answer.status, answer.headers['set-cookie']], [403, undefined])
  }
  assert.equal((await linkNow(app, link)).uses, 0)
})

test('[ACCESS-69] the page runs nothing, and no answer makes a browser tell the secret to anybody', async (t) => {
  const app = await teamApp(t)
  const link = await makeLink(app)
  const page = await open(app, link)
  assert.equal(page.headers['referrer-policy'], 'strict-origin')
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'.*form-action 'self'/)
  assert.doesNotMatch(page.body, /<script|https?:|<a /)
  const entered = await join(app, link)
  assert.equal(entered.headers['referrer-policy'], 'no-referrer')
  assert.ok(!JSON.stringify(entered.headers).includes(link.url.slice(-32)))
})

test('in open mode there are no guest links', async (t) => {
  const app = await teamApp(t, { mode: 'open' })
  const { origin } = new URL(app.url)
  const path = 'outrigger/api/v1/resources/lab/links'
  const list = await app.send('GET', path)
  assert.deepEqual([list.status, (JSON.parse(list.body) as { code: string }).code], [409, 'open_mode'])
  const make = await app.send('POST', path, { headers: { origin }, body: { access: 'read' } })
  assert.equal(make.status, 409)
  assert.equal((await app.send('GET', 'outrigger/join/x')).status, 404)
})
