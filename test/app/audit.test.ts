/** The audit trail through the whole server: what gets into it, how it is read, and what never is in it. */
import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { audit } from '../../src/cli/audit.ts'
import type { CommandContext } from '../../src/cli/context.ts'
import { type TeamApp, teamApp, tokenOf } from '../support/team-app.ts'
import { until } from '../support/until.ts'

type Event = {
  readonly at: string
  readonly action: string
  readonly actor: string
  readonly subject?: string
  readonly document?: string
  readonly address?: string
  readonly detail?: string
}

async function eventsOf(app: TeamApp, query = ''): Promise<readonly Event[]> {
  const answer = await app.api('ada', 'GET', `audit?${query}`)
  assert.equal(answer.status, 200, answer.body)
  return (JSON.parse(answer.body) as { events: Event[] }).events
}

/** In the order in which it happened. */
function told(events: readonly Event[]): string[] {
  return events
    .map(({ action, actor, subject = '', document = '', detail = '' }) =>
      [action, actor, subject, document, detail].join(' ').replace(/ +/g, ' ').trim(),
    )
    .toReversed()
}

test('[ACCESS-60] joins, leaves, refused edits, denials, kicks and links are in the trail, each with who and from where', async (t) => {
  const app = await teamApp(t)
  const lin = app.enter({ as: 'lin' })
  await until(() => lin.provider.synced)
  lin.text.insert(0, 'typed by lin')
  await until(async () => (await eventsOf(app, 'action=update_rejected')).length > 0)
  await app.api('lin', 'POST', 'kick', { user: 'ada' })
  await app.api('lin', 'POST', 'kick', { user: 'ada' })
  await app.api('sam', 'GET', 'people')
  await app.send('GET', 'api/me', { headers: { authorization: 'token wrong-token' } })
  await app.send('GET', 'api/me')
  await app.api('ada', 'POST', 'kick', { user: 'lin', minutes: 3 })
  await until(async () => (await eventsOf(app, 'action=leave')).length > 0)
  const { id, url } = JSON.parse(
    (await app.api('ada', 'POST', 'links', { access: 'read', label: 'Jury' })).body,
  ) as { id: string; url: string }
  const { origin } = new URL(app.url)
  await app.send('POST', url.slice(1), { headers: { origin }, body: 'name=Robin' })
  await app.api('ada', 'DELETE', `links/${id}`)
  const events = await eventsOf(app)
  const lines = told(events).map((line) => line.replace(/guest:[0-9a-f]+:[0-9a-f]+/, 'guest'))
  const made = new RegExp(`^link_create ada link:${id} read until \\S+Z, 0 of 1000 uses, Jury$`)
  const revoked = new RegExp(`^link_revoke ada link:${id} read until \\S+Z, 1 of 1000 uses, Jury$`)
  assert.deepEqual(lines.slice(0, 8), [
    'join lin plain/shared',
    'update_rejected lin plain/shared 1 times read_only',
    'deny lin people.manage: forbidden',
    'deny sam people.list: not_found',
    'deny ? state.read: not_signed_in',
    'kick ada user:lin 1 closed, kept out for 3 minutes',
    lines[6],
    lines[7],
  ])
  assert.ok(lines.includes('leave lin plain/shared'))
  assert.ok(
    lines.some((line) => made.test(line)),
    lines.join('\n'),
  )
  assert.ok(lines.includes(`link_use guest link:${id} Robin (guest)`), lines.join('\n'))
  assert.ok(lines.some((line) => revoked.test(line)))
  for (const { action, address } of events) {
    assert.equal(address, action === 'update_rejected' ? undefined : '127.0.0.1', action)
  }
})

test('[ACCESS-73] neither content nor tokens nor secrets are in the trail, or anywhere in the data folder', async (t) => {
  const app = await teamApp(t, { more: 'rooms: { idleUnloadMs: 0 }' })
  const { url } = JSON.parse((await app.api('ada', 'POST', 'links', { access: 'read' })).body) as {
    url: string
  }
  const secret = url.slice(-32)
  const { origin } = new URL(app.url)
  const joined = await app.send('POST', url.slice(1), { headers: { origin }, body: 'name=Robin' })
  const cookie = joined.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  const guest = app.enter({ cookie })
  await until(() => guest.provider.synced)
  guest.text.insert(0, 'canary-of-content')
  await until(async () => (await eventsOf(app, 'action=update_rejected')).length > 0)
  const trail = await app.api('ada', 'GET', 'audit?format=jsonl')
  assert.match(trail.body, /Robin/)
  const data = join(app.directory, 'data')
  await app.close()
  const files = await readdir(data, { recursive: true, withFileTypes: true })
  const bytes = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async (file) => await readFile(join(file.parentPath, file.name))),
  )
  const all = Buffer.concat([...bytes, Buffer.from(trail.body)]).toString('latin1')
  for (const hidden of [secret, 'canary-of-content', tokenOf('ada'), cookie.slice(-40)])
    assert.ok(!all.includes(hidden), hidden)
})

test('[ACCESS-61] the trail is for managers; a page of it, a filter, the whole of it as JSON lines', async (t) => {
  const app = await teamApp(t)
  for (const [as, status] of [
    ['sam', 404],
    ['max', 404],
    ['lin', 403],
    ['eve', 403],
  ] as const)
    assert.equal((await app.api(as, 'GET', 'audit')).status, status, as)
  assert.equal((await app.send('GET', 'outrigger/api/v1/resources/other/audit', { as: 'ada' })).status, 404)
  for (let count = 0; count < 5; count += 1) await app.api('ada', 'POST', 'kick', { user: `p${count}` })
  const first = JSON.parse((await app.api('ada', 'GET', 'audit?action=kick&limit=3')).body) as {
    events: Event[]
    next: string
  }
  assert.deepEqual(
    first.events.map(({ subject }) => subject),
    ['user:p4', 'user:p3', 'user:p2'],
  )
  const rest = await eventsOf(app, `action=kick&before=${first.next}`)
  assert.deepEqual(
    rest.map(({ subject }) => subject),
    ['user:p1', 'user:p0'],
  )
  assert.equal((await eventsOf(app, 'since=1h&actor=ada')).length, 5)
  assert.equal((await eventsOf(app, 'until=1h')).length, 0)
  assert.equal((await eventsOf(app, `since=${new Date(Date.now() + 60_000).toISOString()}`)).length, 0)
  for (const wrong of ['since=yesterday', 'action=dance', 'limit=0', 'limit=1001', 'before=xyz'])
    assert.equal((await app.api('ada', 'GET', `audit?${wrong}`)).status, 400, wrong)
  const headers = { accept: 'application/jsonl' }
  const lines = await app.send('GET', 'outrigger/api/v1/resources/lab/audit?action=kick', {
    as: 'ada',
    headers,
  })
  assert.match(String(lines.headers['content-type']), /^application\/jsonl/)
  const subjects = lines.body
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as Event).subject)
  assert.deepEqual(subjects, ['user:p0', 'user:p1', 'user:p2', 'user:p3', 'user:p4'])
})

test('[ACCESS-62] switched off, the trail stays empty', async (t) => {
  const app = await teamApp(t, { more: 'audit: { enabled: false }' })
  await app.api('ada', 'POST', 'kick', { user: 'p' })
  assert.deepEqual(await eventsOf(app), [])
})

test('[ACCESS-74] `outrigger audit` shows the newest events, the newest last, or all as JSON lines', async (t) => {
  const app = await teamApp(t)
  for (let count = 0; count < 3; count += 1) await app.api('ada', 'POST', 'kick', { user: `p${count}` })
  await app.api('sam', 'GET', 'people')
  const run = async (...args: string[]): Promise<string> => {
    let printed = ''
    const context = {
      args: ['--url', app.url, ...args],
      environment: { OUTRIGGER_TOKEN: tokenOf('ada') },
      print: (text: string) => (printed += text),
      exit: (code: number) => assert.fail(`exit ${code}`),
    } as unknown as CommandContext
    assert.equal(await audit(context), 0)
    return printed
  }
  const lines = (await run('--limit', '2')).trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => line.split(/ {2,}/).slice(1)),
    [
      ['WHO', 'WHAT', 'ABOUT', 'DETAIL', 'ADDRESS'],
      ['ada', 'kick', 'user:p2', '0 closed', '127.0.0.1'],
      ['sam', 'deny', 'people.list: not_found', '127.0.0.1'],
    ],
  )
  assert.match(lines[1]!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /)
  const json = (await run('--json', '--action', 'kick', '--since', '1h')).trimEnd().split('\n')
  assert.deepEqual(
    json.map((line) => (JSON.parse(line) as Event).subject),
    ['user:p0', 'user:p1', 'user:p2'],
  )
  assert.equal((await run('--actor', 'nobody-here')).trimEnd().split('\n').length, 1)
  await assert.rejects(run('--limit', 'some'), /--limit/)
  await assert.rejects(run('--since', 'soon'), /since is no time/)
})
