/** The authenticators of `auth.sources`, and what the rest of the program must know about them. */
import type { IncomingMessage } from 'node:http'
import { EnvironmentError } from '../config/fault.ts'
import type { Config } from '../config/schema.ts'
import type { Authenticator } from '../identity/authenticate.ts'
import { FailedAttempts } from '../identity/failed-attempts.ts'
import { headersAuthenticator } from '../identity/headers-authenticator.ts'
import { jupyterAuthenticator, noteSignOut } from '../identity/jupyter-authenticator.ts'
import { JupyterPeople } from '../identity/jupyter-people.ts'
import type { JwtRules } from '../identity/jwt-authenticator.ts'
import type { KeyOrigin } from '../identity/jwt-keys.ts'
import type { SignInElsewhere } from '../identity/identity.ts'
import { isForeignRequest } from '../identity/origin.ts'
import { requestFacts } from '../identity/request-facts.ts'
import { SeenPeople } from '../identity/seen-people.ts'
import { jupyterSignInUrl, platformSignInUrl } from '../identity/sign-in-address.ts'
import { type Sessions, createSessions, isSessionCookie } from '../identity/session-cookie.ts'
import { VerifiedTokens } from '../identity/verified-tokens.ts'
import { isJupyterLoginCookie } from '../jupyter/gateway/cookies.ts'

export type IdentitySources = {
  readonly sources: readonly ('users' | Authenticator)[]
  readonly attempts: FailedAttempts
  /** Cookies and (lower-case) headers by which people prove to us who they are. */
  readonly isOwnCookie: (name: string) => boolean
  readonly isOwnHeader: (name: string) => boolean
  /** A request for Jupyter's own sign-in, which needs nobody's leave. `path` is below the base URL. */
  readonly isSignIn: (request: IncomingMessage, path: string) => boolean
  /** Beside our own sign-in page, or in its place. */
  readonly elsewhere: SignInElsewhere | undefined
}

export type IdentitySourcesDeps = {
  readonly config: Config
  readonly baseUrl: string
  readonly secret: Uint8Array
  readonly onError: (error: unknown) => void
  /** Somebody has left whose connections are to be looked at again. */
  readonly onSignOut: () => void
}

type Parts = IdentitySourcesDeps & Pick<IdentitySources, 'attempts' | 'isOwnCookie'>
type JupyterSource = {
  readonly authenticator: Authenticator
  readonly isSignIn: IdentitySources['isSignIn']
  readonly elsewhere: SignInElsewhere
}

/** Throws `EnvironmentError` when a file with keys cannot be used. */
export async function identitySources(deps: IdentitySourcesDeps): Promise<IdentitySources> {
  const { jwt, headers, auth } = deps.config
  const isOwnCookie = (name: string): boolean => isSessionCookie(name) || name === jwt.cookie
  const isOwnHeader = ownHeaders(deps.config)
  const attempts = new FailedAttempts()
  const parts = { ...deps, attempts, isOwnCookie }
  const jupyter = auth.sources.includes('jupyter') ? jupyterSource(parts) : undefined
  const sources = await Promise.all(
    auth.sources.map(async (source): Promise<'users' | Authenticator> => {
      if (source === 'jwt') return await jwtSource(parts)
      if (source === 'headers') {
        const rules = { ...headers, secret: headers.secret ?? '' }
        return headersAuthenticator({ rules, people: new SeenPeople(), now: Date.now })
      }
      return source === 'jupyter' && jupyter !== undefined ? jupyter.authenticator : 'users'
    }),
  )
  return {
    sources,
    attempts,
    isOwnCookie,
    isOwnHeader,
    isSignIn: jupyter?.isSignIn ?? (() => false),
    elsewhere: jupyter?.elsewhere ?? platform(auth.signInUrl),
  }
}

function platform(page: string | undefined): SignInElsewhere | undefined {
  return page === undefined
    ? undefined
    : { signInUrl: (request, next) => platformSignInUrl(page, request, next) }
}

/** `Authorization` is settled by the gateway itself. */
function ownHeaders({ auth, jwt, headers }: Config): (name: string) => boolean {
  const { secretHeader, user, name, groups, email } = headers
  const names = [
    ...(auth.sources.includes('jwt') ? [jwt.header] : []),
    ...(auth.sources.includes('headers') ? [secretHeader, user, name, groups, email] : []),
  ].map((one) => one.toLowerCase())
  return (header) => header !== 'authorization' && names.includes(header)
}

async function jwtSource({ config, baseUrl, secret, onError }: Parts): Promise<Authenticator> {
  const { jwt, auth } = config
  // Loaded only where it is used: it takes a while.
  const [{ JwtKeys }, { jwtAuthenticator }] = await Promise.all([
    import('../identity/jwt-keys.ts'),
    import('../identity/jwt-authenticator.ts'),
  ])
  const origin = keyOrigin(config)
  const keys = new JwtKeys({ origin, now: Date.now, onError })
  // A platform that starts later than we do is waited for; a file is there or is not.
  const loading = keys.load()
  if (origin.kind === 'url') await loading.catch(() => {})
  else await loading.catch(keyFileFault(jwt.keyFile ?? ''))
  const sessions: Sessions = createSessions({ secret, baseUrl, sessionMs: auth.sessionMs, now: Date.now })
  const rules: JwtRules = { ...jwt, algorithms: algorithms(config) }
  return jwtAuthenticator({
    rules,
    keys,
    verified: new VerifiedTokens(),
    sessions,
    people: new SeenPeople(),
    now: Date.now,
  })
}

function keyOrigin({ jwt }: Config): KeyOrigin {
  if (jwt.jwksUrl !== undefined) return { kind: 'url', url: jwt.jwksUrl }
  if (jwt.keyFile !== undefined) return { kind: 'file', file: jwt.keyFile }
  return { kind: 'secret', secret: jwt.secret ?? '' }
}

function algorithms({ jwt }: Config): readonly string[] {
  if (jwt.algorithms.length > 0) return jwt.algorithms
  return jwt.secret === undefined ? ['RS256', 'PS256', 'ES256', 'EdDSA'] : ['HS256']
}

function keyFileFault(file: string) {
  return (cause: unknown): never => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const fault = {
      key: 'jwt.keyFile',
      problem: `the file ${file} holds no keys (${reason})`,
      fix: 'Give a JSON Web Key Set, or one public key or certificate in PEM.',
    }
    throw new EnvironmentError(fault, { cause })
  }
}

function jupyterSource({ config, baseUrl, attempts, isOwnCookie, onSignOut }: Parts): JupyterSource {
  const { jupyter, resource, server } = config
  const people = new JupyterPeople({
    url: jupyter.url ?? '',
    hasOwner: resource.owner !== undefined,
    timeoutMs: jupyter.connectTimeoutMs,
    now: Date.now,
  })
  const deps = {
    people,
    isOwnCookie,
    mustWait: (address: string) => attempts.mustWait(address, Date.now()),
    onSignOut,
  }
  return {
    authenticator: jupyterAuthenticator(deps),
    isSignIn: (request, path) => {
      const facts = requestFacts(request)
      if (facts === undefined || facts.isUpgrade) return false
      const isRead = facts.method === 'GET' || facts.method === 'HEAD'
      if (path === 'logout' && isRead) noteSignOut(deps, facts)
      if (isRead) return path === 'login' || path === 'logout' || path.startsWith('static/')
      // A sign-in from a foreign page would make somebody work under another's name.
      const isForm = path === 'login' && facts.method === 'POST'
      return isForm && !isForeignRequest(facts, 'cookie', server.allowedOrigins)
    },
    elsewhere: {
      signInUrl: (_request, next) => jupyterSignInUrl(baseUrl, next),
      signOut: (facts) => {
        noteSignOut(deps, facts)
        const { pathname } = new URL(baseUrl, 'http://localhost')
        return facts.cookies
          .filter(({ name }) => isJupyterLoginCookie(name))
          .map(({ name }) => `${name}=; Path=${pathname}; Max-Age=0; HttpOnly`)
      },
    },
  }
}
