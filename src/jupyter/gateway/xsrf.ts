/**
 * The double submit check that Jupyter skips for us.
 *
 * jupyter_server 2 does not check `_xsrf` on requests that carry its token, and every request that
 * we pass on does. So a request that changes something, and that the browser authenticated by
 * itself, is checked here, after the gate's Origin check:
 *
 * - a proof that is there must be right, wherever the request goes;
 * - below `api/` and `lab/api/` it must be there once the browser has an `_xsrf` cookie: JupyterLab
 *   copies the cookie into `X-XSRFToken` of every such request;
 * - elsewhere (applications that an extension proxies) nobody knows of the cookie, so the Origin
 *   check stands alone.
 */
import type { IncomingMessage } from 'node:http'
import type { CredentialSource } from '../../identity/gate.ts'
import { cookiePairs } from './cookies.ts'
import type { Target } from './target.ts'

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export function isForged(request: IncomingMessage, target: Target, source: CredentialSource): boolean {
  if (SAFE_METHODS.has(request.method ?? '') || source === 'header' || source === 'query') return false
  const cookies = xsrfCookies(request.headers.cookie ?? '')
  const proof = proofIn(request, target)
  if (cookies.length === 0) return false
  if (proof === undefined) return /^(lab\/)?api\//i.test(target.path)
  return !cookies.includes(proof)
}

/** Two cookies of one name happen (other paths); JupyterLab sends the last one it sees. */
function xsrfCookies(header: string): readonly string[] {
  return cookiePairs(header)
    .filter(({ name }) => name === '_xsrf')
    .map(({ text }) => text.slice('_xsrf='.length))
}

function proofIn({ headers }: IncomingMessage, { query }: Target): string | undefined {
  const sent = headers['x-xsrftoken'] ?? headers['x-csrftoken'] ?? query.get('_xsrf') ?? undefined
  return Array.isArray(sent) ? sent[0] : sent
}
