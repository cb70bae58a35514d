/** The management API of the whole server, asked by everybody, over real sockets. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Check, type XSchema } from 'typebox/schema'
import { type Answer, type ManagedApp, type Name, managedApp, tokenOf } from '../support/managed-app.ts'
import { rawRequest } from '../support/raw-request.ts'

const R = 'resources/lab-server'
const SAM = { subject: 'user:sam', access: 'read' }

/** nobody, a stranger, a reader, an editor, then who manages: a member of the owning group, the owner. */
const EVERYBODY = ['nobody', 'sam', 'lin', 'eve', 'grace', 'ada'] as const
type Row = readonly [method: string, path: string, body: unknown, statuses: readonly number[]]

const ID = 'config:user:lin'
const ROWS: readonly Row[] = [
  ['GET', 'resources', undefined, [401, 404, 200, 200, 200, 200]],
  ['GET', R, undefined, [401, 404, 200, 200, 200, 200]],
  ['PATCH', R, { owner: 'user:lin' }, [401, 404, 403, 403, 409, 409]],
  ['POST', 'resources', { name: 'x' }, [401, 404, 403, 403, 409, 409]],
  ['DELETE', R, undefined, [401, 404, 403, 403, 409, 409]],
  ['GET', `${R}/viewers`, undefined, [401, 404, 403, 403, 200, 200]],
  ['POST', `${R}/viewers`, { subject: 'user:new', access: 'read' }, [401, 404, 403, 403, 201, 200]],
  ['GET', `${R}/viewers/${ID}`, undefined, [401, 404, 403, 403, 200, 200]],
  ['PATCH', `${R}/viewers/${ID}`, { access: 'edit' }, [401, 404, 403, 403, 409, 409]],
  ['DELETE', `${R}/viewers/${ID}`, undefined, [401, 404, 409, 403, 409, 409]],
  ['DELETE', `${R}/viewers/config:group:team`, undefined, [401, 404, 403, 409, 409, 409]],
  ['GET', `${R}/access?user=lin`, undefined, [401, 404, 403, 403, 200, 200]],
  ['GET', 'openapi.json', undefined, [401, 404, 200, 200, 200, 200]],
]

async function everyRow(t: TestContext, app: ManagedApp, isMember: boolean): Promise<void> {
  for (const [method, path, body, statuses] of ROWS) {
    await t.test(`${method} ${path}`, async () => {
      const got: number[] = []
      for (const name of EVERYBODY) got.push((await app.ask(name, method, path, body)).status)
      // In a server that one user owns, grace is nobody.
      const wanted = isMember
        ? statuses
        : statuses
            .with(4, statuses[1]!)
            .with(5, method === 'POST' && path.endsWith('viewers') ? 201 : statuses[5]!)
      assert.deepEqual(got, wanted)
    })
  }
}

test('every route answers everybody as the decision table says, of a server that a group owns', async (t) => {
  await everyRow(t, await managedApp(t, { owner: 'group:lab' }), true)
})

test('every route answers everybody as the decision table says, of a server that a user owns', async (t) => {
  await everyRow(t, await managedApp(t), false)
})

function visible({ status, rawHeaders, text }: Answer) {
  const dateAt = rawHeaders.indexOf('Date')
  return { status, headers: rawHeaders.toSpliced(dateAt, dateAt < 0 ? 0 : 2), text }
}

test('[ACCESS-54] to a stranger everything is, down to the byte, what is not there', async (t) => {
  const app = await managedApp(t)
  for (const [method, path, body] of ROWS) {
    const missing = visible(await app.ask('sam', method, 'nothing/here', body))
    assert.equal(missing.status, 404)
    assert.deepEqual(visible(await app.ask('sam', method, path, body)), missing, `${method} ${path}`)
    const other = path.replace('lab-server', 'other')
    assert.deepEqual(visible(await app.ask('sam', method, other, body)), missing, `${method} ${other}`)
    // Whatever is wrong with the body.
    for (const bad of ['{', '[]', '{"subject":1}', 'x'.repeat(70_000)]) {
      if (body === undefined) continue
      const [one, two] = [
        await app.ask('sam', method, path, bad),
        await app.ask('sam', method, 'nothing', bad),
      ]
      assert.deepEqual(visible(one), visible(two), `${method} ${path} ${bad.slice(0, 9)}`)
    }
  }
  // A resource that is not there is so for those who manage another one, too.
  assert.deepEqual((await app.ask('ada', 'GET', 'resources/other')).status, 404)
  assert.deepEqual((await app.ask('ada', 'POST', 'resources/other/viewers', SAM)).status, 404)
})

test('[ACCESS-54] nobody waits for a body before being refused', async (t) => {
  const app = await managedApp(t)
  const head = [
    `POST /outrigger/api/v1/${R}/viewers HTTP/1.1`,
    'Host: a',
    `Authorization: Bearer ${tokenOf('sam')}`,
    'Content-Type: application/json',
    'Content-Length: 1000',
  ]
  const port = Number(new URL(app.url).port)
  const { text } = await rawRequest({ port, first: `${head.join('\r\n')}\r\n\r\n{` })
  assert.match(text, /^HTTP\/1\.1 404 /)
  assert.match(text, /connection: close/i)
})

test('a request that a browser makes by cookie needs our own Origin to change something', async (t) => {
  const app = await managedApp(t)
  const { origin } = new URL(app.url)
  const signIn = await fetch(`${app.url}outrigger/sign-in`, {
    method: 'POST',
    headers: { origin },
    body: new URLSearchParams({ token: tokenOf('ada') }),
    redirect: 'manual',
  })
  const cookie = signIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  const post = async (headers: Record<string, string>) =>
    await fetch(`${app.url}outrigger/api/v1/${R}/viewers`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(SAM),
    })
  assert.equal((await post({})).status, 403)
  assert.equal((await post({ origin: 'https://evil.example' })).status, 403)
  assert.equal((await post({ origin })).status, 201)
})

test('a viewer is added, read, changed and removed', async (t) => {
  const app = await managedApp(t)
  const added = await app.ask('ada', 'POST', `${R}/viewers`, { ...SAM, expires: '2d' })
  assert.equal(added.status, 201)
  const { id } = added.json as { id: string }
  assert.equal(added.headers['location'], `/outrigger/api/v1/${R}/viewers/${id}`)
  const { expiresAt, addedAt, ...rest } = added.json as Record<string, string>
  assert.equal(Math.round((Date.parse(expiresAt!) - Date.parse(addedAt!)) / 1000), 2 * 86_400)
  assert.deepEqual(rest, { id, ...SAM, expired: false, origin: 'api', addedBy: 'ada' })
  assert.equal((await app.ask('sam', 'GET', R)).json?.['access'], 'read')
  const again = await app.ask('ada', 'POST', `${R}/viewers`, { ...SAM, access: 'edit' })
  assert.equal(again.status, 200)
  assert.equal(again.json?.['id'], id)
  assert.equal(again.json?.['expiresAt'], null)
  const changed = await app.ask('ada', 'PATCH', `${R}/viewers/${id}`, { expires: '2031-01-01T00:00:00Z' })
  assert.equal(changed.json?.['expiresAt'], '2031-01-01T00:00:00.000Z')
  assert.equal(changed.json?.['access'], 'edit')
  assert.deepEqual((await app.ask('ada', 'GET', `${R}/viewers/${id}`)).json, changed.json)
  const { viewers } = (await app.ask('ada', 'GET', `${R}/viewers`)).json as { viewers: { id: string }[] }
  assert.deepEqual(
    viewers.map((one) => one.id),
    ['config:group:team', 'config:user:lin', id],
  )
  assert.deepEqual((await app.ask('ada', 'GET', R)).json?.['viewers'], viewers)
  assert.equal((await app.ask('sam', 'GET', R)).json?.['viewers'], undefined)
  assert.equal((await app.ask('ada', 'DELETE', `${R}/viewers/${id}`)).status, 204)
  assert.equal((await app.ask('ada', 'DELETE', `${R}/viewers/${id}`)).status, 404)
  assert.equal((await app.ask('sam', 'GET', R)).status, 403)
})

test('[ACCESS-52] a declared viewer stays, and the refusal says where it stands', async (t) => {
  const app = await managedApp(t)
  for (const method of ['PATCH', 'DELETE']) {
    const { status, json } = await app.ask('ada', method, `${R}/viewers/${ID}`, { access: 'edit' })
    assert.equal(status, 409)
    assert.equal(json?.['code'], 'declared')
    assert.match(String(json?.['detail']), /team\.yaml:\d+: change it there/)
  }
  // Where the configuration lies is for managers.
  const { json } = await app.ask('lin', 'DELETE', `${R}/viewers/${ID}`)
  assert.doesNotMatch(JSON.stringify(json), /team\.yaml/)
})

test('[ACCESS-56] whoever is in may give back what was granted to themselves, and nothing else', async (t) => {
  const app = await managedApp(t)
  const add = async (subject: string) =>
    (await app.ask('ada', 'POST', `${R}/viewers`, { subject, access: 'edit' })).json?.['id'] as string
  const [own, others, group] = [await add('user:sam'), await add('user:bob'), await add('group:interns')]
  const drop = async (as: Name, id: string) => {
    const { status, json } = await app.ask(as, 'DELETE', `${R}/viewers/${id}`)
    return json === undefined ? `${status}` : `${status} ${String(json['code'])}`
  }
  assert.equal(await drop('sam', others), '403 forbidden')
  assert.equal(await drop('sam', 'missing'), '403 forbidden')
  assert.equal(await drop('sam', group), '403 forbidden')
  assert.equal(await drop('eve', 'config:group:team'), '409 grant_of_group')
  const { because } = (await app.ask('sam', 'GET', R)).json as { because: { id: string }[] }
  assert.deepEqual(
    because.map(({ id }) => id),
    [own],
  )
  assert.equal(await drop('sam', own), '204')
  assert.equal((await app.ask('sam', 'GET', R)).status, 403)
})

test('why somebody has access is told: the owner, groups, what is declared and what was added', async (t) => {
  const app = await managedApp(t, { owner: 'group:lab' })
  const why = async (user: string) => {
    const { access, because } = (await app.ask('ada', 'GET', `${R}/access?user=${user}`)).json as {
      access: string
      because: { origin: string; subject: string; access: string; group?: string }[]
    }
    return [
      access,
      ...because.map((one) => `${one.origin} ${one.subject} ${one.access} ${one.group ?? ''}`.trim()),
    ]
  }
  assert.deepEqual(await why('grace'), ['manage', 'owner group:lab manage lab'])
  assert.deepEqual(await why('sam'), ['none'])
  await app.ask('ada', 'POST', `${R}/viewers`, { subject: 'user:eve', access: 'read' })
  assert.deepEqual(await why('eve'), ['edit', 'config group:team edit team', 'api user:eve read'])
  await app.ask('ada', 'POST', `${R}/viewers`, { subject: 'user:eve', access: 'none' })
  assert.deepEqual(await why('eve'), ['none', 'config group:team edit team', 'api user:eve none'])
})

test('[ACCESS-58] a fault in a request names the field, what is wrong and what would be right', async (t) => {
  const app = await managedApp(t, { more: 'limits: { maxGrants: 1 }' })
  const cases: readonly (readonly [body: unknown, detail: RegExp])[] = [
    [undefined, /no body/],
    ['{', /./],
    [[], /not a JSON object/],
    [{ access: 'read' }, /^subject: is missing\. It should be "user:NAME" or "group:NAME"\.$/],
    [{ subjet: 'user:sam', access: 'read' }, /^subjet: is not known here\. Did you mean subject\?$/],
    [{ ...SAM, paths: ['a'] }, /^paths: is not known here/],
    [{ ...SAM, access: 'run' }, /^access: "run" is not one of none, read, edit\.$/],
    [{ ...SAM, subject: 'sam' }, /^subject: "sam" is not "user:NAME"/],
    [{ ...SAM, subject: 'user:a\nb' }, /^subject: /],
    [{ ...SAM, subject: 'user:ada' }, /^subject: user:ada is the owner/],
    [{ ...SAM, expires: '2 days' }, /^expires: "2 days" is neither a time from now such as 30m, 12h or 2d/],
    [{ ...SAM, expires: '2020-01-01' }, /^expires: "2020-01-01" is not in the future/],
    [{ ...SAM, expires: '0m' }, /^expires: .* is not in the future/],
    [{ ...SAM, expires: '9999-01-01' }, /^expires: it may be at most ten years away/],
  ]
  for (const [body, detail] of cases) {
    const { status, headers, json } = await app.ask('ada', 'POST', `${R}/viewers`, body)
    assert.equal(status, 400, JSON.stringify(body))
    assert.match(String(headers['content-type']), /^application\/problem\+json/)
    assert.equal(json?.['code'], 'bad_request')
    assert.equal(json?.['status'], 400)
    assert.match(String(json?.['detail']), detail)
  }
  assert.match(String((await app.ask('ada', 'GET', `${R}/access`)).json?.['detail']), /^user: is missing/)
  const unknown = await app.ask('ada', 'POST', `${R}/viewers`, { subject: 'user:gracee', access: 'read' })
  assert.match(String(unknown.json?.['warning']), /knows no user "gracee". Did you mean grace\?/)
  const full = await app.ask('ada', 'POST', `${R}/viewers`, SAM)
  assert.equal(full.json?.['code'], 'grants_full')
  const { json } = await app.ask('ada', 'PATCH', `${R}/viewers/${String(unknown.json?.['id'])}`, {})
  assert.match(String(json?.['detail']), /not an object with "access" or "expires"/)
})

test('in open mode there is a resource without owner, and no viewers to manage', async (t) => {
  const app = await managedApp(t, { mode: 'open' })
  const origin = new URL(app.url).origin
  const ask = async (method: string, path: string) => {
    const response = await fetch(`${app.url}outrigger/api/v1/${path}`, { method, headers: { origin } })
    return { status: response.status, json: (await response.json()) as Record<string, unknown> }
  }
  const { resources } = (await ask('GET', 'resources')).json as { resources: Record<string, unknown>[] }
  assert.equal(resources[0]?.['owner'], null)
  assert.equal(resources[0]?.['access'], 'manage')
  for (const [method, path] of [
    ['GET', `${R}/viewers`],
    ['DELETE', `${R}/viewers/x`],
    ['GET', `${R}/access?user=a`],
  ] as const) {
    const { status, json } = await ask(method, path)
    assert.equal(status, 409)
    assert.equal(json['code'], 'open_mode')
  }
})

type Operation = {
  readonly summary?: string
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: XSchema }> }>
}
type Document = { readonly openapi: string; readonly paths: Record<string, Record<string, Operation>> }

test('[ACCESS-58] every route of the API is in its OpenAPI document, and answers as that says', async (t) => {
  const app = await managedApp(t)
  const { openapi, paths } = (await app.ask('ada', 'GET', 'openapi.json')).json as unknown as Document
  assert.equal(openapi, '3.1.0')
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  for (const { path, method, operation } of operations) {
    assert.ok(path.startsWith('/outrigger/api/v1/'), path)
    assert.ok(operation.summary, `${method} ${path} has no summary`)
    assert.ok(operation.responses['default']?.content?.['application/problem+json'], path)
    const isRefused = operation.summary.startsWith('Refused')
    const succeeds = Object.keys(operation.responses).some((status) => status.startsWith('2'))
    assert.ok(isRefused || succeeds, `${method} ${path} does not say what it answers`)
  }
  const documented = new Set(operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`))
  const idAt = (path: string) => path.replace(R, 'resources/{name}').replace(/viewers\/.*/, 'viewers/{id}')
  for (const [method, path, body] of ROWS) {
    const place = `/outrigger/api/v1/${idAt(path).split('?')[0]}`
    assert.ok(documented.has(`${method} ${place}`), `${method} ${place} is not in the document`)
    const { status, json } = await app.ask('ada', method, path, body)
    const responses = paths[place]![method.toLowerCase()]!.responses
    const content = (responses[status] ?? responses['default'])?.content ?? {}
    for (const { schema } of Object.values(content))
      assert.ok(Check(schema, json), `${method} ${place} ${status}`)
  }
})
