/** Who tells who somebody is, beside the users of the file. */
import { milliseconds, yesOrNo } from './schema-parts.ts'

const HEADER_PATTERN = '^[A-Za-z][A-Za-z0-9-]{0,63}$'
const HEADER_HINT = 'a header name such as x-forwarded-user'
/** A claim's path: `realm.roles`; a claim whose own name has dots is found as well. */
const CLAIM_PATTERN = '^[!-~]{1,200}$'
const CLAIM_HINT = 'the name of a claim such as sub, or a path such as realm_access.roles'

export const IDENTITY_SOURCES = ['users', 'jwt', 'headers', 'jupyter'] as const
export type IdentitySource = (typeof IDENTITY_SOURCES)[number]

export const AUTH_SOURCES = {
  sources: {
    type: 'array',
    default: ['users'],
    minItems: 1,
    items: { type: 'string', enum: IDENTITY_SOURCES },
    hint: 'a list out of users, jwt, headers, jupyter',
    description:
      'Who is asked who somebody is, in this order: users (the list below), jwt (tokens of your platform), headers (of a trusted proxy), jupyter (the Jupyter server itself).',
  },
  signInUrl: {
    type: 'string',
    pattern: '^(https?://[!-~]+|/[!-~]*)$',
    hint: 'an address such as https://platform.example.org/login',
    description:
      'Where people of the sources "jwt" and "headers" sign in. The address that was asked for is added as the parameter "next".',
    example: 'https://platform.example.org/login',
  },
} as const

export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'HS256',
  'HS384',
  'HS512',
] as const

const JWT_KEYS = {
  jwksUrl: {
    type: 'string',
    minLength: 1,
    hint: 'an https address',
    description: 'Where the platform publishes its keys. They are cached, and read again for an unknown key.',
    example: 'https://id.example.org/.well-known/jwks.json',
  },
  keyFile: {
    type: 'string',
    minLength: 1,
    hint: 'a file',
    description: 'Instead: a file with a JSON Web Key Set or with one public key or certificate in PEM.',
    example: './platform-jwks.json',
  },
  secretFile: {
    type: 'string',
    minLength: 1,
    hint: 'a file',
    description: 'Instead: a file with the secret that the platform signs with, 32 characters or more.',
    example: './jwt-secret',
  },
  secret: {
    type: 'string',
    pattern: '^[!-~]{32,}$',
    secret: true,
    hint: 'a secret of 32 characters or more, without spaces',
    description: 'The secret itself. Only by the environment variable OUTRIGGER_JWT_SECRET, never in a file.',
  },
  algorithms: {
    type: 'array',
    default: [],
    items: { type: 'string', enum: JWT_ALGORITHMS },
    hint: `a list out of ${JWT_ALGORITHMS.join(', ')}`,
    description:
      'Signatures that are accepted. Empty: HS256 with a secret, and RS256, PS256, ES256 and EdDSA with public keys.',
  },
} as const

const JWT_CARRIERS = {
  header: {
    type: 'string',
    pattern: HEADER_PATTERN,
    hint: HEADER_HINT,
    default: 'Authorization',
    description: 'Header that carries the token; "Bearer" before it may be there.',
  },
  isSetByProxy: yesOrNo(
    false,
    'A proxy adds "Authorization" to every request, so that it proves no intention: the Origin is checked as with a cookie. Any other header always counts so.',
  ),
  cookie: {
    type: 'string',
    pattern: '^[A-Za-z0-9!#$%&*+.^_|~-]{1,128}$',
    hint: 'the name of a cookie',
    description: 'Cookie that carries the token. It is not passed on to Jupyter.',
    example: 'platform_token',
  },
  isInAddress: yesOrNo(
    false,
    'Also takes a token from "?token=". A page visit is sent on to the same address without it.',
  ),
} as const

const JWT_CLAIMS = {
  issuer: {
    type: 'string',
    minLength: 1,
    maxLength: 500,
    hint: 'the value of "iss", letter by letter',
    description: 'What "iss" must be. May be left out with a secret only.',
    example: 'https://id.example.org/',
  },
  audience: {
    type: 'string',
    minLength: 1,
    maxLength: 500,
    hint: 'the value of "aud"',
    description: 'What "aud" must be or contain. May be left out with a secret only.',
    example: 'outrigger',
  },
  clockSkewMs: milliseconds(5_000, 'How far the clocks may be apart.', 0, 300_000),
  requiredClaims: {
    type: 'object',
    default: {},
    additionalProperties: false,
    patternProperties: { [CLAIM_PATTERN]: { type: 'string', minLength: 1, hint: 'a text, or "*"' } },
    hint: 'a map of claims to texts',
    nameHint: CLAIM_HINT,
    description: 'Further claims that must be there: the value, one of a list, or "*" for any.',
    example: 'email_verified: "true"',
  },
  userClaim: {
    type: 'string',
    pattern: CLAIM_PATTERN,
    hint: CLAIM_HINT,
    default: 'sub',
    description: 'Claim that names the person: unique, and never given to somebody else.',
  },
  nameClaim: {
    type: 'string',
    pattern: CLAIM_PATTERN,
    hint: CLAIM_HINT,
    default: 'name',
    description: 'Claim with the name that others see.',
  },
  groupsClaim: {
    type: 'string',
    pattern: CLAIM_PATTERN,
    hint: CLAIM_HINT,
    default: 'groups',
    description: 'Claim with the groups: a list, or one text with spaces. A slash before a name is dropped.',
  },
  accessClaim: {
    type: 'string',
    pattern: CLAIM_PATTERN,
    hint: CLAIM_HINT,
    description: 'Claim that gives access by itself, beside owner and viewers; see accessValues.',
    example: 'scope',
  },
  accessValues: {
    type: 'object',
    default: { read: 'read', edit: 'edit', manage: 'manage' },
    additionalProperties: false,
    patternProperties: { [CLAIM_PATTERN]: { enum: ['read', 'edit', 'manage'] } },
    hint: 'a map of texts to read, edit or manage',
    nameHint: 'a text without spaces',
    description: 'What the values of accessClaim give; the strongest counts.',
  },
} as const

export const JWT = { ...JWT_KEYS, ...JWT_CARRIERS, ...JWT_CLAIMS } as const

function headerName<const Name extends string>(name: Name, description: string) {
  return { type: 'string', pattern: HEADER_PATTERN, hint: HEADER_HINT, default: name, description } as const
}

export const HEADERS = {
  trustedProxies: {
    type: 'array',
    default: [],
    maxItems: 100,
    items: { type: 'string', minLength: 1, hint: 'an address or a network such as 10.0.0.0/8' },
    hint: 'a list of addresses and networks',
    description: 'The proxy, as it connects to us: addresses or networks. Nobody else is believed.',
    example: '- 10.1.2.3\n- fd00::/64',
  },
  secretHeader: headerName('X-Outrigger-Secret', 'Header with the secret that only the proxy knows.'),
  secretFile: {
    type: 'string',
    minLength: 1,
    hint: 'a file',
    description: 'File with that secret, 24 characters or more.',
    example: './proxy-secret',
  },
  secret: {
    type: 'string',
    pattern: '^[!-~]{24,}$',
    secret: true,
    hint: 'a secret of 24 characters or more, without spaces',
    description:
      'The secret itself. Only by the environment variable OUTRIGGER_HEADERS_SECRET, never in a file.',
  },
  user: headerName('X-Forwarded-User', 'Header with the id of the person.'),
  name: headerName('X-Forwarded-Preferred-Username', 'Header with the name that others see.'),
  groups: headerName('X-Forwarded-Groups', 'Header with the groups, by commas.'),
  email: headerName('X-Forwarded-Email', 'Header with the e-mail address: the name of who has no other.'),
  maxAgeMs: milliseconds(
    43_200_000,
    'Open connections end when the proxy has brought no request of the person for this long (12 h).',
    60_000,
  ),
} as const
