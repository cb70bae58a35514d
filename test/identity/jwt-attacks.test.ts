import assert from 'node:assert/strict'
import { createHmac, createSign } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SignJWT } from 'jose/jwt/sign'
import { tempDir } from '../support/temp-dir.ts'
import { type GateServer, gateServer, usersGate } from './gate-fixture.ts'
import {
  AUDIENCE,
  ISSUER,
  SHARED,
  jwk,
  jwtFixture,
  keyServer,
  rawToken,
  rsaPair,
  token,
} from './jwt-fixture.ts'

const OWN = rsaPair('k1')
const STRANGE = rsaPair('k1')
const SECONDS = Math.floor(Date.now() / 1000)
const CLAIMS = JSON.stringify({ sub: 'ada', iss: ISSUER, aud: AUDIENCE, exp: SECONDS + 3600 })

/** A gate that takes tokens of the platform only, and the say of one token in each place. */
async function fixture(t: TestContext): Promise<GateServer> {
  const { url } = await keyServer(t, [jwk(OWN)])
  const { authenticator } = jwtFixture({ kind: 'url', url })
  return await gateServer(t, usersGate({ sources: [authenticator] }))
}

async function everywhere(server: GateServer, text: string): Promise<string[]> {
  return [
    await server.say({ headers: { authorization: `Bearer ${text}` } }),
    await server.say({ path: `/?token=${text}` }),
    await server.say({ headers: { cookie: `platform=${text}` } }),
  ]
}

/** Signed with the platform's own key, whatever it says. */
function handSigned(header: string, payload: string): string {
  const text = rawToken(header, payload).replace(/\.$/, '')
  return `${text}.${createSign('sha256').update(text).sign(OWN.privateKey).toString('base64url')}`
}

test('[ACCESS-81] a good token is taken from the header, the address and the cookie', async (t) => {
  const server = await fixture(t)
  assert.deepEqual(await everywhere(server, await token(OWN)), [
    'ok ada manage header',
    'ok ada manage query',
    'ok ada manage cookie',
  ])
  // What `handSigned` makes is good too, or the tests below could not fail.
  const byHand = handSigned('{"alg":"RS256","kid":"k1"}', CLAIMS)
  assert.equal((await everywhere(server, byHand))[0], 'ok ada manage header')
})

const BAD_CLAIMS: Record<string, Record<string, unknown>> = {
  'another issuer': { iss: 'https://id.example.org' },
  'no issuer': { iss: undefined },
  'another audience': { aud: 'grafana' },
  'an audience that contains ours in a text': { aud: 'outrigger-admin' },
  'no audience': { aud: undefined },
  'an expiry that is over': { exp: SECONDS - 60 },
  'no expiry': { exp: undefined },
  'an expiry that is a text': { exp: '9999999999' },
  'a time that has not come': { nbf: SECONDS + 3600 },
  'nobody in it': { sub: undefined },
  'an empty name': { sub: '' },
  'a list for a name': { sub: ['ada'] },
  "a visitor's name": { sub: 'visitor:abc' },
  "a guest's name": { sub: 'guest:abc' },
  'a name that cannot be seen': { sub: 'ada\u200e' },
  'a name with space at its end': { sub: 'ada ' },
}

for (const [what, claims] of Object.entries(BAD_CLAIMS)) {
  test(`[ACCESS-81] a token with ${what} is refused`, async (t) => {
    const server = await fixture(t)
    const answers = await everywhere(server, await token(OWN, claims))
    assert.deepEqual(answers, ['not_signed_in', 'not_signed_in', 'not_signed_in'])
  })
}

const hmac = (text: string, secret: string | Buffer): string =>
  `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`

const ATTACKS: Record<string, () => string | Promise<string>> = {
  'no signature, alg none': () => rawToken('{"alg":"none","kid":"k1"}', CLAIMS),
  'no signature, alg None': () => rawToken('{"alg":"None","kid":"k1"}', CLAIMS),
  'alg none and the signature of another token': async () =>
    rawToken('{"alg":"none"}', CLAIMS, (await token(OWN)).split('.')[2]),
  'no signature, alg RS256': () => rawToken('{"alg":"RS256","kid":"k1"}', CLAIMS),
  'the public key as HMAC secret': () =>
    hmac(
      rawToken('{"alg":"HS256","kid":"k1"}', CLAIMS).replace(/\.$/, ''),
      OWN.publicKey.export({ type: 'spki', format: 'pem' }),
    ),
  'an empty HMAC secret': () => hmac(rawToken('{"alg":"HS256"}', CLAIMS).replace(/\.$/, ''), ''),
  'a strange key of the same name': () => token(STRANGE),
  'a key that nobody knows': () => token(rsaPair('k2')),
  'its own key in the header': () => token(STRANGE, {}, { jwk: jwk(STRANGE) }),
  'an address for keys in the header': () => token(STRANGE, {}, { jku: 'http://127.0.0.1:1/', kid: 'k1' }),
  'a file for a key': () => token(STRANGE, {}, { kid: '../../../../dev/null' }),
  'a query for a key': () => token(STRANGE, {}, { kid: "k1' OR '1'='1" }),
  'a key name that is a list': () => handSigned('{"alg":"RS256","kid":["k1"]}', CLAIMS),
  'a key name that is inherited': () => token(STRANGE, {}, { kid: '__proto__' }),
  'an algorithm that is not allowed': async () =>
    await new SignJWT(JSON.parse(CLAIMS) as Record<string, unknown>)
      .setProtectedHeader({ alg: 'PS256', kid: 'k1' })
      .sign(OWN.privateKey),
  'a critical header that is not known': () =>
    handSigned('{"alg":"RS256","kid":"k1","crit":["x"],"x":1}', CLAIMS),
  'a changed claim': async () => {
    const [header, , signature] = (await token(OWN, { sub: 'lin' })).split('.')
    return `${header}.${Buffer.from(CLAIMS).toString('base64url')}.${signature}`
  },
  'a claim twice': () => handSigned('{"alg":"RS256","kid":"k1"}', CLAIMS.replace('{', '{"sub":"lin",')),
  'a claim twice, once escaped': () =>
    handSigned('{"alg":"RS256","kid":"k1"}', CLAIMS.replace('{', '{"s\\u0075b":"lin",')),
  'an algorithm twice': () => handSigned('{"alg":"none","alg":"RS256","kid":"k1"}', CLAIMS),
  'claims that are a list': () => handSigned('{"alg":"RS256","kid":"k1"}', `[${CLAIMS}]`),
  'nine kilobytes': () => token(OWN, { more: 'x'.repeat(9000) }),
}

for (const [what, make] of Object.entries(ATTACKS)) {
  test(`[ACCESS-82] [ACCESS-83] a token with ${what} is refused`, async (t) => {
    const server = await fixture(t)
    // Node takes no more than 16 KiB of headers, and this stays below.
    const answers = await everywhere(server, await make())
    assert.deepEqual(answers, ['not_signed_in', 'not_signed_in', 'not_signed_in'])
  })
}

test('[ACCESS-82] a secret in a published key set is never used', async (t) => {
  const secret = Buffer.from(SHARED).toString('base64url')
  const { url } = await keyServer(t, [{ kty: 'oct', k: secret, kid: 's1' }, jwk(OWN)])
  const { authenticator } = jwtFixture({ kind: 'url', url }, { algorithms: ['HS256', 'RS256'] })
  const server = await gateServer(t, usersGate({ sources: [authenticator] }))
  const forged = hmac(rawToken('{"alg":"HS256","kid":"s1"}', CLAIMS).replace(/\.$/, ''), SHARED)
  assert.deepEqual(await everywhere(server, forged), ['not_signed_in', 'not_signed_in', 'not_signed_in'])
})

test('[ACCESS-82] with a secret a signature by a key counts for nothing', async (t) => {
  const origin = { kind: 'secret', secret: SHARED } as const
  const { authenticator } = jwtFixture(origin, { algorithms: ['HS256'], issuer: undefined })
  const server = await gateServer(t, usersGate({ sources: [authenticator] }))
  const good = hmac(rawToken('{"alg":"HS256"}', CLAIMS).replace(/\.$/, ''), SHARED)
  assert.equal((await everywhere(server, good))[0], 'ok ada manage header')
  assert.equal((await everywhere(server, await token(OWN)))[0], 'not_signed_in')
})

test('[ACCESS-82] a public key in PEM takes its own algorithm only', async (t) => {
  const file = join(await tempDir(t), 'key.pem')
  await writeFile(file, OWN.publicKey.export({ type: 'spki', format: 'pem' }))
  const { authenticator, keys } = jwtFixture({ kind: 'file', file }, { algorithms: ['RS256', 'ES256'] })
  await keys.load()
  const server = await gateServer(t, usersGate({ sources: [authenticator] }))
  assert.equal((await everywhere(server, await token(OWN)))[0], 'ok ada manage header')
  const asEs = handSigned('{"alg":"ES256","kid":"k1"}', CLAIMS)
  assert.equal((await everywhere(server, asEs))[0], 'not_signed_in')
})

test('a private key in the place of a public one is refused at the start', async (t) => {
  const file = join(await tempDir(t), 'key.pem')
  await writeFile(file, OWN.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await assert.rejects(jwtFixture({ kind: 'file', file }).keys.load(), /private key/)
})

test('[ACCESS-82] two headers with tokens are refused, whichever is right', async (t) => {
  const server = await fixture(t)
  const good = await token(OWN)
  const say = async (first: string, second: string): Promise<string> =>
    await server.raw(
      `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${first}\r\nAuthorization: Bearer ${second}\r\n\r\n`,
    )
  assert.match(await say(good, 'x'), /"ok":false,"code":"not_signed_in"/)
  assert.match(await say('x', good), /"ok":false,"code":"not_signed_in"/)
})

test('[ACCESS-82] a key that fits several algorithms takes the listed ones only', async (t) => {
  const anyAlg = { ...OWN.publicKey.export({ format: 'jwk' }), kid: 'k1' }
  const { url } = await keyServer(t, [anyAlg])
  const ps256 = await new SignJWT(JSON.parse(CLAIMS) as Record<string, unknown>)
    .setProtectedHeader({ alg: 'PS256', kid: 'k1' })
    .sign(OWN.privateKey)
  for (const [algorithms, answer] of [
    [['RS256'], 'not_signed_in'],
    [['RS256', 'PS256'], 'ok ada manage header'],
  ] as const) {
    const { authenticator } = jwtFixture({ kind: 'url', url }, { algorithms })
    const server = await gateServer(t, usersGate({ sources: [authenticator] }))
    assert.equal((await everywhere(server, ps256))[0], answer)
  }
})
