/** The sources of identity: each that is listed is complete, each that is complete is listed. */
import { isIP } from 'node:net'
import type { Locate } from './check-meaning.ts'
import type { Fault } from './fault.ts'
import { isLoopback } from './loopback.ts'
import type { Config, ConfigKey } from './schema.ts'
import type { IdentitySource } from './schema-sources.ts'

export function checkSources(config: Config, locate: Locate): Fault[] {
  if (config.auth.mode !== 'config') return []
  const { sources } = config.auth
  return [
    ...repeatedSources(config, locate),
    ...unlistedSources(config, locate),
    ...(sources.includes('jwt') ? jwtFaults(config, locate) : []),
    ...(sources.includes('headers') ? headerFaults(config, locate) : []),
    ...(sources.includes('jupyter') ? jupyterFaults(config, locate) : []),
  ]
}

/** True when people come from somewhere that this configuration cannot list. */
export function hasForeignPeople({ auth }: Config): boolean {
  return auth.sources.some((source) => source !== 'users')
}

function repeatedSources({ auth }: Config, locate: Locate): Fault[] {
  return auth.sources.flatMap((source, index) =>
    auth.sources.indexOf(source) === index
      ? []
      : [
          {
            key: `auth.sources[${index}]`,
            origin: locate('auth.sources', [index]),
            problem: `"${source}" is there twice`,
            fix: 'Remove one of them.',
          },
        ],
  )
}

/** Somebody who configured a source wants it to be asked. */
function unlistedSources({ auth, jwt, headers }: Config, locate: Locate): Fault[] {
  const configured: [IdentitySource, ConfigKey, boolean][] = [
    ['jwt', 'jwt.jwksUrl', jwt.jwksUrl !== undefined],
    ['jwt', 'jwt.keyFile', jwt.keyFile !== undefined],
    ['jwt', 'jwt.secret', jwt.secret !== undefined],
    ['headers', 'headers.trustedProxies', headers.trustedProxies.length > 0],
    ['headers', 'headers.secret', headers.secret !== undefined],
  ]
  return configured
    .filter(([source, , isSet]) => isSet && !auth.sources.includes(source))
    .map(([source, key]) => ({
      key,
      origin: locate(key),
      problem: `is set, but auth.sources does not list "${source}"`,
      fix: `Write auth.sources: [${[...auth.sources, source].join(', ')}], or remove the key.`,
    }))
}

function jwtFaults(config: Config, locate: Locate): Fault[] {
  const { jwksUrl, keyFile, secret, issuer, audience } = config.jwt
  const given = [jwksUrl, keyFile, secret].filter((value) => value !== undefined)
  const origin = locate('auth.sources')
  if (given.length !== 1) {
    const problem =
      given.length === 0
        ? '"jwt" has nothing to check tokens with'
        : '"jwt" has several things to check tokens with'
    const fix = 'Set exactly one of jwt.jwksUrl, jwt.keyFile and jwt.secretFile (or OUTRIGGER_JWT_SECRET).'
    return [{ key: 'auth.sources', origin, problem, fix }]
  }
  const missing: [ConfigKey, string | undefined, string][] = [
    ['jwt.issuer', issuer, 'Set it to the "iss" of your tokens.'],
    ['jwt.audience', audience, 'Set it to the "aud" that your platform gives tokens for this server.'],
  ]
  const open = missing.filter(([, value]) => value === undefined && secret === undefined)
  return [
    ...open.map(([key, , fix]) => ({
      key,
      problem: 'is not set, so tokens that the platform made for others would be taken here',
      fix,
    })),
    ...algorithmFaults(config, locate),
    ...(jwksUrl === undefined ? [] : jwksUrlFaults(jwksUrl, locate)),
  ]
}

/** A public key that is taken for a secret lets everybody sign. */
function algorithmFaults({ jwt }: Config, locate: Locate): Fault[] {
  const hasSecret = jwt.secret !== undefined
  return jwt.algorithms.flatMap((algorithm, index) => {
    if (algorithm.startsWith('HS') === hasSecret) return []
    const problem = hasSecret
      ? `${algorithm} needs a public key, and jwt has a secret`
      : `${algorithm} needs a secret, and jwt has public keys`
    const origin = locate('jwt.algorithms', [index])
    return [{ key: `jwt.algorithms[${index}]`, origin, problem, fix: 'Remove it.' }]
  })
}

function jwksUrlFaults(text: string, locate: Locate): Fault[] {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (isSafe && url.username === '' && url.password === '') return []
  return [
    {
      key: 'jwt.jwksUrl',
      origin: locate('jwt.jwksUrl'),
      problem: 'is not an https address, so whoever is on the way could put keys of its own',
      fix: 'Use https (http only on this machine, no password in it), or jwt.keyFile.',
    },
  ]
}

function headerFaults({ headers }: Config, locate: Locate): Fault[] {
  const { trustedProxies, secret } = headers
  const origin = locate('auth.sources')
  return [
    ...(trustedProxies.length > 0
      ? []
      : [
          {
            key: 'headers.trustedProxies',
            origin,
            problem: 'is empty, so nobody would be believed',
            fix: 'List the address of the proxy as it connects to this server.',
          },
        ]),
    ...(secret !== undefined
      ? []
      : [
          {
            key: 'headers.secretFile',
            origin,
            problem: 'is not set, so whoever shares an address with the proxy could be anybody',
            fix: 'Set it to a file with the secret (or set OUTRIGGER_HEADERS_SECRET), and let the proxy send it in headers.secretHeader.',
          },
        ]),
    ...trustedProxies.flatMap((network, index) => networkFaults(network, index, locate)),
    ...sameHeaderFaults(headers, locate),
  ]
}

function networkFaults(network: string, index: number, locate: Locate): Fault[] {
  const [address = '', length, ...rest] = network.split('/')
  const family = isIP(address)
  const maxLength = family === 4 ? 32 : 128
  const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= maxLength)
  if (family !== 0 && isLength && rest.length === 0) return []
  const fix = 'Write it like 10.1.2.3, 10.0.0.0/8 or fd00::/64.'
  const key = `headers.trustedProxies[${index}]`
  const origin = locate('headers.trustedProxies', [index])
  return [{ key, origin, problem: `"${network}" is not an address or a network`, fix }]
}

function sameHeaderFaults(headers: Config['headers'], locate: Locate): Fault[] {
  const roles = ['secretHeader', 'user', 'name', 'groups', 'email'] as const
  const names = roles.map((role) => headers[role].toLowerCase())
  return roles.flatMap((role, index) => {
    const first = names.indexOf(names[index] ?? '')
    if (first === index) return []
    const key = `headers.${role}` as const
    const fix = 'Give each its own.'
    return [{ key, origin: locate(key), problem: `is the same header as headers.${roles[first]}`, fix }]
  })
}

function jupyterFaults({ jupyter }: Config, locate: Locate): Fault[] {
  if (jupyter.url !== undefined) return []
  return [
    {
      key: 'auth.sources',
      origin: locate('auth.sources'),
      problem: '"jupyter" asks the Jupyter server, and jupyter.url is not set',
      fix: 'Set jupyter.url (or --jupyter URL).',
    },
  ]
}
