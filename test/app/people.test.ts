/** Who is inside, and removing somebody, through the whole server. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { type TeamApp, teamApp, tokenOf } from '../support/team-app.ts'
import { until } from '../support/until.ts'
import { upstreamServer } from '../support/upstream-server.ts'

type Person = {
  readonly id: string
  readonly access: string
  readonly sessions: readonly { readonly room: string; readonly title: string; readonly since: string }[]
}

function byId([one]: readonly unknown[], [other]: readonly unknown[]): number {
  return String(one) < String(other) ? -1 : 1
}

async function peopleFor(app: TeamApp, as: string): Promise<readonly Person[]> {
  const answer = await app.api(as, 'GET', 'people')
  assert.equal(answer.status, 200, answer.body)
  return (JSON.parse(answer.body) as { people: Person[] }).people
}

async function kick(app: TeamApp, as: string, body: object): Promise<unknown> {
  const answer = await app.api(as, 'POST', 'kick', body)
  return answer.status === 202
    ? JSON.parse(answer.body)
    : [answer.status, (JSON.parse(answer.body) as { code: string }).code]
}

test('[ACCESS-70] editors see everybody who is inside with their rooms, a reader those of its own rooms', async (t) => {
  const app = await teamApp(t)
  assert.deepEqual(await peopleFor(app, 'lin'), [])
  const before = Date.now()
  const inside = [
    app.enter({ as: 'ada' }, 'one'),
    app.enter({ as: 'eve' }, 'one'),
    app.enter({ as: 'eve' }, 'two'),
    app.enter({ as: 'lin' }, 'two'),
  ]
  await until(() => inside.every(({ provider }) => provider.synced))
  const seen = await peopleFor(app, 'eve')
  const facts = seen.map(({ id, access, sessions }) => [
    id,
    access,
    sessions.map(({ title }) => title).toSorted(),
  ])
  assert.deepEqual(facts.toSorted(byId), [
    ['ada', 'manage', ['one']],
    ['eve', 'edit', ['one', 'two']],
    ['lin', 'read', ['two']],
  ])
  const { room, since } = seen.find(({ id }) => id === 'ada')!.sessions[0]!
  assert.equal(room, 'plain/one')
  assert.ok(Date.parse(since) >= before && Date.parse(since) <= Date.now())
  const byLin = await peopleFor(app, 'lin')
  assert.deepEqual(byLin.map(({ id, sessions }) => [id, sessions.length]).toSorted(byId), [
    ['eve', 1],
    ['lin', 1],
  ])
  assert.equal((await app.api('sam', 'GET', 'people')).status, 404)
})

test('[ACCESS-71] a removed person is told by whom, in every room, and may come back', async (t) => {
  const app = await teamApp(t)
  const eve = [app.enter({ as: 'eve' }, 'one'), app.enter({ as: 'eve' }, 'two')]
  const lin = app.enter({ as: 'lin' }, 'one')
  await until(() => [...eve, lin].every(({ provider }) => provider.synced))
  for (const as of ['lin', 'eve']) assert.deepEqual(await kick(app, as, { user: 'ada' }), [403, 'forbidden'])
  assert.deepEqual(await kick(app, 'ada', { user: 'eve' }), { closed: 2 })
  await until(() => eve.every(({ closes }) => closes.length > 0))
  assert.deepEqual(
    eve.map(({ closes }) => closes),
    [['4403 Removed by ADA.'], ['4403 Removed by ADA.']],
  )
  assert.deepEqual(lin.closes, [])
  assert.deepEqual(await kick(app, 'ada', { user: 'eve' }), { closed: 0 })
  const again = app.enter({ as: 'eve' }, 'one')
  await until(() => again.provider.synced)
})

test('[ACCESS-72] somebody who is kept out for a while is out for so long, and is told so', async (t) => {
  const app = await teamApp(t)
  const eve = app.enter({ as: 'eve' })
  await until(() => eve.provider.synced)
  assert.deepEqual(await kick(app, 'ada', { user: 'eve', minutes: 10 }), { closed: 1 })
  await until(() => eve.closes.length > 0)
  assert.deepEqual(eve.closes, ['4403 Removed by ADA.'])
  assert.equal((await app.send('GET', 'api/me', { as: 'eve' })).status, 403)
  const refused = app.enter({ as: 'eve' })
  await until(() => refused.closes.length > 0)
  assert.equal(refused.provider.synced, false)
  // It lasts no longer than the process.
  await app.restart()
  assert.equal((await app.send('GET', 'api/me', { as: 'eve' })).status, 200)
})

test('[ACCESS-72] a guest can be kept out as well, and no owner can', async (t) => {
  const app = await teamApp(t)
  const { url } = JSON.parse((await app.api('ada', 'POST', 'links', { access: 'edit' })).body) as {
    url: string
  }
  const { origin } = new URL(app.url)
  const joined = await app.send('POST', url.slice(1), { headers: { origin }, body: 'name=Robin' })
  const cookie = joined.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  const guest = app.enter({ cookie })
  await until(() => guest.provider.synced)
  const [{ id }] = (await peopleFor(app, 'ada')) as [Person]
  assert.match(id, /^guest:/)
  assert.deepEqual(await kick(app, 'ada', { user: id, minutes: 1 }), { closed: 1 })
  await until(() => guest.closes.length > 0)
  assert.equal((await app.send('GET', 'api/me', { headers: { cookie } })).status, 403)
  assert.equal((await app.send('GET', url.slice(1), { headers: { cookie } })).status, 404)
  const ada = app.enter({ as: 'ada' })
  await until(() => ada.provider.synced)
  assert.deepEqual(await kick(app, 'ada', { user: 'ada', minutes: 1 }), [409, 'owner_stays'])
  assert.deepEqual(ada.closes, [])
})

test('[ACCESS-71] a tunnel to a kernel is closed as well', async (t) => {
  const upstream = await upstreamServer(t, {})
  const app = await teamApp(t, { jupyter: `http://127.0.0.1:${upstream.port}/` })
  const socket = new WebSocket(
    `${app.url.replace('http', 'ws')}api/kernels/k/channels?token=${tokenOf('eve')}`,
  )
  await once(socket, 'open')
  assert.deepEqual(await kick(app, 'ada', { user: 'eve' }), { closed: 1 })
  await once(socket, 'close')
})

for (const [what, body] of [
  ['nobody', {}],
  ['no time', { user: 'eve', minutes: 0 }],
  ['too long a time', { user: 'eve', minutes: 10_081 }],
  ['a time in words', { user: 'eve', minutes: 'ten' }],
] as const) {
  test(`[ACCESS-71] to remove ${what} is refused`, async (t) => {
    assert.deepEqual(await kick(await teamApp(t), 'ada', body), [400, 'bad_request'])
  })
}

test('[ACCESS-71] in open mode people can be removed, and nobody be kept out', async (t) => {
  const app = await teamApp(t, { mode: 'open' })
  const { origin } = new URL(app.url)
  const visitor = app.enter({})
  await until(() => visitor.provider.synced)
  const path = 'outrigger/api/v1/resources/lab'
  const { people } = JSON.parse((await app.send('GET', `${path}/people`)).body) as { people: [Person] }
  const user = people[0].id
  const keepOut = await app.send('POST', `${path}/kick`, { headers: { origin }, body: { user, minutes: 1 } })
  assert.equal(keepOut.status, 409)
  const answer = await app.send('POST', `${path}/kick`, { headers: { origin }, body: { user } })
  assert.deepEqual([answer.status, answer.body], [202, '{"closed":1}'])
})
