import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { ConfigError } from '../../src/config/fault.ts'
import { grantLines } from '../../src/config/grants.ts'
import { loadConfig } from '../../src/config/load.ts'
import { tempDir } from '../support/temp-dir.ts'

const OWNER = { owner: 'user:zoe', viewers: [{ group: 'staff', access: 'read' }] }
const JWT = { jwksUrl: 'https://id.example.org/jwks', issuer: 'https://id.example.org/', audience: 'us' }
const SECRET = 'a-secret-of-more-than-32-characters!'

type Case = {
  readonly title: string
  readonly yaml: Record<string, unknown>
  readonly environment?: Record<string, string>
  /** Every text must be in the message; none: it must load. */
  readonly says?: readonly string[]
}

const CASES: readonly Case[] = [
  {
    title: 'jwt by address loads without users',
    yaml: { auth: { sources: ['jwt'] }, jwt: JWT, resource: OWNER },
  },
  {
    title: 'jwt without anything to check with',
    yaml: { auth: { sources: ['jwt'] }, jwt: { issuer: 'x', audience: 'y' }, resource: OWNER },
    says: [
      'auth.sources (',
      'has nothing to check tokens with',
      'jwt.jwksUrl, jwt.keyFile and jwt.secretFile',
    ],
  },
  {
    title: 'jwt with two things to check with',
    yaml: { auth: { sources: ['jwt'] }, jwt: { ...JWT, keyFile: 'x' }, resource: OWNER },
    says: ['several things to check tokens with'],
  },
  {
    title: 'jwt by keys without issuer and audience',
    yaml: { auth: { sources: ['jwt'] }, jwt: { jwksUrl: JWT.jwksUrl }, resource: OWNER },
    says: ['jwt.issuer: is not set', 'jwt.audience: is not set', 'made for others'],
  },
  {
    title: 'jwt by secret needs neither',
    yaml: { auth: { sources: ['jwt'] }, resource: OWNER },
    environment: { OUTRIGGER_JWT_SECRET: SECRET },
  },
  {
    title: 'a short secret',
    yaml: { auth: { sources: ['jwt'] }, resource: OWNER },
    environment: { OUTRIGGER_JWT_SECRET: 'short' },
    says: ['jwt.secret', 'the value is not a secret of 32 characters or more'],
  },
  {
    title: 'a secret in the file',
    yaml: { auth: { sources: ['jwt'] }, jwt: { secret: SECRET }, resource: OWNER },
    says: ['jwt.secret', 'jwt.secretFile', 'OUTRIGGER_JWT_SECRET'],
  },
  {
    title: 'an algorithm for secrets with public keys',
    yaml: { auth: { sources: ['jwt'] }, jwt: { ...JWT, algorithms: ['RS256', 'HS256'] }, resource: OWNER },
    says: ['jwt.algorithms[1]', 'HS256 needs a secret'],
  },
  {
    title: 'an algorithm for keys with a secret',
    yaml: { auth: { sources: ['jwt'] }, jwt: { algorithms: ['RS256'] }, resource: OWNER },
    environment: { OUTRIGGER_JWT_SECRET: SECRET },
    says: ['jwt.algorithms[0]', 'RS256 needs a public key'],
  },
  {
    title: 'the algorithm none',
    yaml: { auth: { sources: ['jwt'] }, jwt: { ...JWT, algorithms: ['none'] }, resource: OWNER },
    says: ['jwt.algorithms[0]', '"none" is not one of RS256'],
  },
  ...['http://id.example.org/jwks', 'file:///etc/jwks', 'https://u:p@id.example.org/', 'jwks'].map(
    (jwksUrl) => ({
      title: `keys from ${jwksUrl}`,
      yaml: { auth: { sources: ['jwt'] }, jwt: { ...JWT, jwksUrl }, resource: OWNER },
      says: ['jwt.jwksUrl', 'is not an https address', 'jwt.keyFile'],
    }),
  ),
  {
    title: 'a source that is configured and not listed',
    yaml: {
      auth: { mode: 'config' },
      jwt: JWT,
      headers: { trustedProxies: ['10.1.2.3'] },
      users: [{ name: 'zoe', tokens: [] }],
      resource: { owner: 'user:zoe' },
    },
    says: [
      'jwt.jwksUrl',
      'auth.sources: [users, jwt]',
      'headers.trustedProxies',
      'auth.sources: [users, headers]',
    ],
  },
  {
    title: 'a source twice, and one that does not exist',
    yaml: { auth: { sources: ['jwt', 'jwt'] }, jwt: JWT, resource: OWNER },
    says: ['auth.sources[1]', '"jwt" is there twice'],
  },
  {
    title: 'a source that does not exist',
    yaml: { auth: { sources: ['jwtt'] }, resource: OWNER },
    says: ['auth.sources[0]', 'Did you mean jwt?'],
  },
  {
    title: 'no source',
    yaml: { auth: { sources: [] }, resource: OWNER },
    says: ['auth.sources', 'a list out of users, jwt, headers, jupyter'],
  },
  {
    title: 'headers without proxies and secret',
    yaml: { auth: { sources: ['headers'] }, resource: OWNER },
    says: ['headers.trustedProxies', 'is empty', 'headers.secretFile', 'OUTRIGGER_HEADERS_SECRET'],
  },
  {
    title: 'networks that are none',
    yaml: {
      auth: { sources: ['headers'] },
      headers: { trustedProxies: ['10.0.0.0/33', 'proxy', '10.1.2.3/8/9', '10.1.2.3'] },
      resource: OWNER,
    },
    environment: { OUTRIGGER_HEADERS_SECRET: SECRET },
    says: [
      'headers.trustedProxies[0]',
      'headers.trustedProxies[1]',
      'headers.trustedProxies[2]',
      '10.0.0.0/8',
    ],
  },
  {
    title: 'one header with two meanings',
    yaml: {
      auth: { sources: ['headers'] },
      headers: { trustedProxies: ['10.1.2.3'], name: 'X-FORWARDED-USER' },
      resource: OWNER,
    },
    environment: { OUTRIGGER_HEADERS_SECRET: SECRET },
    says: ['headers.name', 'the same header as headers.user'],
  },
  {
    title: 'jupyter without a Jupyter',
    yaml: { auth: { sources: ['jupyter'] } },
    says: ['auth.sources', 'jupyter.url is not set'],
  },
  {
    title: 'jupyter needs no owner and no users',
    yaml: { auth: { sources: ['jupyter'] }, jupyter: { url: 'http://127.0.0.1:8888/' } },
  },
  {
    title: 'other sources need an owner',
    yaml: { auth: { sources: ['jwt'] }, jwt: JWT },
    says: ['resource.owner', 'is not set'],
  },
  {
    title: 'with users alone an owner must be one of them',
    yaml: { users: [{ name: 'ada', tokens: [] }], resource: OWNER },
    says: ['resource.owner', 'there is no user "zoe"', 'there is no group "staff"'],
  },
]

for (const { title, yaml, environment = {}, says } of CASES) {
  test(`[ACCESS-99] ${title}`, async (t) => {
    const file = join(await tempDir(t), 'config.yaml')
    await writeFile(file, stringify(yaml))
    const loading = loadConfig({ environment, file })
    if (says === undefined) {
      await loading
      return
    }
    await assert.rejects(loading, (error) => {
      assert.ok(error instanceof ConfigError)
      for (const text of says) assert.ok(error.message.includes(text), `${text} is not in: ${error.message}`)
      return true
    })
  })
}

test('secrets are read from their files', async (t) => {
  const folder = await tempDir(t)
  const [config, secret] = [join(folder, 'config.yaml'), join(folder, 'secret')]
  await writeFile(secret, `${SECRET}\n`)
  const headers = { trustedProxies: ['10.1.2.3'], secretFile: secret }
  const sources = ['jwt', 'headers']
  await writeFile(
    config,
    stringify({ auth: { sources }, jwt: { secretFile: secret }, headers, resource: OWNER }),
  )
  const loaded = await loadConfig({ environment: {}, file: config })
  assert.deepEqual([loaded.config.jwt.secret, loaded.config.headers.secret], [SECRET, SECRET])
  await writeFile(
    config,
    stringify({ auth: { sources }, jwt: { secretFile: `${secret}x` }, resource: OWNER }),
  )
  await assert.rejects(loadConfig({ environment: {}, file: config }), /jwt\.secretFile.*does not exist/)
})

test('the start says whom Jupyter lets in', async () => {
  const flags = { jupyter: 'http://127.0.0.1:8888/' }
  const environment = { OUTRIGGER_AUTH_SOURCES: 'jupyter' }
  const { config } = await loadConfig({ environment, flags })
  assert.deepEqual(grantLines(config), ["whom Jupyter lets in: what Jupyter's own permissions allow"])
})
