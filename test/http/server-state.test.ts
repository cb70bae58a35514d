import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AuditEvent } from '../../src/access/audit.ts'
import { serverStateRoutes } from '../../src/http/routes/server-state.ts'
import type { StateAnswer } from '../../src/http/routes/server-state-schema.ts'
import { GROUPS, RESOURCE, openGate, usersGate } from '../identity/gate-fixture.ts'
import { LiveResource } from '../../src/identity/live-resource.ts'
import { FakeDesk } from '../support/fake-desk.ts'
import { httpFixture } from '../support/http-fixture.ts'

type Subject = 'anonymous' | 'stranger' | 'reader' | 'editor' | 'groupMember' | 'owner'

/** Who has which token in which resource; see `gate-fixture`. */
const SUBJECTS: Record<Subject, { readonly token?: string; readonly owner: 'user:ada' | 'group:lab' }> = {
  anonymous: { owner: 'user:ada' },
  stranger: { token: 'sam-token', owner: 'user:ada' },
  reader: { token: 'lin-token', owner: 'user:ada' },
  editor: { token: 'grace-token', owner: 'user:ada' },
  groupMember: { token: 'grace-token', owner: 'group:lab' },
  owner: { token: 'ada-token', owner: 'user:ada' },
}

const ROUTES = [
  { what: 'state', method: 'GET' },
  { what: 'start', method: 'POST' },
  { what: 'stop', method: 'POST' },
  { what: 'log', method: 'GET' },
] as const

/** In the order of `ROUTES`. */
const WANTED: Record<Subject, readonly string[]> = {
  anonymous: ['401 not_signed_in', '401 not_signed_in', '401 not_signed_in', '401 not_signed_in'],
  stranger: ['404 not_found', '404 not_found', '404 not_found', '404 not_found'],
  reader: ['200', '403 start_not_allowed', '403 stop_not_allowed', '403 forbidden'],
  editor: ['200', '403 start_not_allowed', '403 stop_not_allowed', '403 forbidden'],
  groupMember: ['200', '202', '202', '200'],
  owner: ['200', '202', '202', '200'],
}

type Fixture = {
  readonly desk: FakeDesk
  readonly audited: readonly AuditEvent[]
  readonly ask: (subject: Subject, path: string, options?: { readonly method?: string }) => Promise<Response>
}

async function fixture(t: TestContext, owner: 'user:ada' | 'group:lab' = 'user:ada'): Promise<Fixture> {
  const desk = new FakeDesk()
  const gate = usersGate({ resource: new LiveResource({ resource: { ...RESOURCE, owner }, groups: GROUPS }) })
  const audited: AuditEvent[] = []
  const audit = { record: (event: AuditEvent) => void audited.push(event) }
  const { url } = await httpFixture(t, {
    routes: [serverStateRoutes({ gate, desk, audit, name: 'jupyter', owners: 'Ada' })],
  })
  return {
    desk,
    audited,
    ask: async (subject, path, { method = 'GET' } = {}) => {
      const { token } = SUBJECTS[subject]
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `token ${token}` }
      return await fetch(new URL(path, url), { method, headers })
    },
  }
}

const at = (what: string, name = 'jupyter'): string => `outrigger/api/v1/resources/${name}/${what}`

for (const subject of Object.keys(SUBJECTS) as Subject[]) {
  test(`[STATE-7] state, start, stop and log for: ${subject}`, async (t) => {
    const { desk, audited, ask } = await fixture(t, SUBJECTS[subject].owner)
    const got: string[] = []
    for (const { what, method } of ROUTES) {
      const response = await ask(subject, at(what), { method })
      const { code } = (await response.json()) as { code?: string }
      got.push(code === undefined ? String(response.status) : `${response.status} ${code}`)
    }
    assert.deepEqual(got, WANTED[subject])
    const mayControl = subject === 'owner' || subject === 'groupMember'
    const name = subject === 'owner' ? 'ada' : 'grace'
    assert.deepEqual(desk.asked, mayControl ? ['start', `stop by ${name}`] : [])
    const trail = audited.map(({ action, actor }) => `${action} by ${actor}`)
    assert.deepEqual(trail, mayControl ? [`start by ${name}`, `stop by ${name}`] : [])
  })
}

test('[STATE-7] a stranger gets byte for byte what a missing thing gets', async (t) => {
  const { ask } = await fixture(t)
  const missing = await ask('stranger', 'outrigger/api/v1/nothing')
  const hidden = await ask('stranger', at('state'))
  const hiddenWithFault = await ask('stranger', at('log?lines=0'))
  const body = await missing.text()
  const headers = (response: Response): string[] =>
    [...response.headers].filter(([name]) => name !== 'date').map(([name, value]) => `${name}: ${value}`)
  for (const response of [hidden, hiddenWithFault]) {
    assert.deepEqual(
      [response.status, await response.text(), headers(response)],
      [missing.status, body, headers(missing)],
    )
  }
})

test('[STATE-7] another name is a missing thing, also for the owner', async (t) => {
  const { desk, ask } = await fixture(t)
  for (const { what, method } of ROUTES)
    assert.equal((await ask('owner', at(what, 'other'), { method })).status, 404, what)
  assert.deepEqual(desk.asked, [])
})

test('[STATE-7] in open mode everybody may, but no page of another site', async (t) => {
  const desk = new FakeDesk()
  const { url } = await httpFixture(t, {
    routes: [serverStateRoutes({ gate: openGate(), desk, name: 'jupyter', owners: 'Everybody' })],
  })
  const post = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(new URL(at('start'), url), { method: 'POST', headers })).status
  assert.equal(await post({ origin: 'https://elsewhere.example' }), 403)
  assert.equal(await post({}), 403)
  assert.deepEqual(desk.asked, [])
  assert.equal(await post({ origin: new URL(url).origin }), 202)
})

test('[STATE-8] the state says what is so, since when, why, how far, and what the caller may do', async (t) => {
  const { desk, ask } = await fixture(t)
  const state = async (subject: Subject): Promise<unknown> => (await ask(subject, at('state'))).json()
  const common = { name: 'jupyter', driver: 'process', whoMay: 'Ada may start and stop it.' }
  assert.deepEqual(await state('reader'), {
    ...common,
    phase: 'running',
    since: '2026-01-02T00:00:00.000Z',
    sentence: 'The Jupyter server is running.',
    mayStart: false,
    mayStop: false,
  })
  desk.current = {
    phase: 'crashed',
    since: Date.UTC(2026, 0, 4),
    detail: 'It ended.',
    progress: { sentence: 'Again soon.', percent: 30 },
  }
  assert.deepEqual(await state('owner'), {
    ...common,
    phase: 'crashed',
    since: '2026-01-04T00:00:00.000Z',
    sentence: 'The Jupyter server has crashed.',
    detail: 'It ended.',
    progress: { sentence: 'Again soon.', percent: 30 },
    mayStart: true,
    mayStop: true,
  })
})

test('[STATE-8] start and stop answer with the state that has begun', async (t) => {
  const { ask } = await fixture(t)
  const phaseAfter = async (what: string): Promise<string> =>
    ((await (await ask('owner', at(what), { method: 'POST' })).json()) as StateAnswer).phase
  assert.equal(await phaseAfter('stop'), 'stopping')
  assert.equal(await phaseAfter('start'), 'starting')
})

test('[STATE-5] of a server that somebody else runs, start, stop and log say so, and nobody may', async (t) => {
  const { desk, ask } = await fixture(t)
  desk.isControllable = false
  for (const { what, method } of ROUTES.slice(1)) {
    const response = await ask('owner', at(what), { method })
    assert.equal(response.status, 409)
    assert.equal(((await response.json()) as { code: string }).code, 'server_not_controlled')
  }
  const state = (await (await ask('owner', at('state'))).json()) as StateAnswer
  assert.deepEqual([state.driver, state.mayStart, state.mayStop], ['external', false, false])
  assert.match(state.whoMay, /elsewhere/)
})

test('[STATE-11] the log has as many lines as were asked for, from 1 to 1000', async (t) => {
  const { ask } = await fixture(t)
  assert.deepEqual(await (await ask('owner', at('log?lines=2'))).json(), { lines: ['line 0', 'line 1'] })
  for (const lines of ['0', '1001', 'x']) {
    const response = await ask('owner', at(`log?lines=${lines}`))
    assert.equal(response.status, 400, lines)
  }
})

test('[STATE-12] "Shut Down" of JupyterLab stops the server, for whom may', async (t) => {
  const { desk, ask } = await fixture(t)
  assert.equal((await ask('editor', 'api/shutdown', { method: 'POST' })).status, 403)
  assert.equal((await ask('owner', 'api/shutdown', { method: 'POST' })).status, 200)
  assert.deepEqual(desk.asked, ['stop by ada'])
})
