import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Admission } from '../identity/gate.ts'
import { requestFacts } from '../identity/request-facts.ts'
import type { ServerPhase } from '../jupyter/drivers/driver.ts'
import { type DescribedServer, describeServer } from './describe-server.ts'
import { escapeHtml } from './error-page.ts'
import { type PageFiles, fillPage } from './page-files.ts'
import type { StateAnswer } from './routes/server-state-schema.ts'
import { pagePolicy, setSecurityHeaders } from './security-headers.ts'

export type ServerPageDeps = DescribedServer & {
  /** Begins and ends with a slash. */
  readonly baseUrl: string
  /** Undefined when they were not built; a plain page says the same then. */
  readonly files: PageFiles | undefined
}

/** Handed to the page's script. */
export type ServerPageData = {
  readonly state: StateAnswer
  /** Below it: `state`, `start`, `stop`. */
  readonly resourceUrl: string
}

export type PageVisit = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly admission: Extract<Admission, { ok: true }>
}

const STATUS: Record<Exclude<ServerPhase, 'running'>, number> = {
  stopped: 424,
  starting: 424,
  stopping: 424,
  crashed: 502,
  unreachable: 502,
}

/**
 * Answers a person who opened an address of Jupyter's while it does not run: at that same address, so
 * that the page can go on to it. False when there is nothing to show: it runs, or no person asks.
 */
export function serverPage(deps: ServerPageDeps): (visit: PageVisit) => Promise<boolean> {
  return async ({ request, reply, admission }) => {
    const { phase } = deps.desk.state()
    if (phase === 'running' || requestFacts(request.raw)?.isPageVisit !== true) return false
    const state = describeServer(deps, admission)
    setSecurityHeaders(reply, pagePolicy())
    await reply
      .code(STATUS[phase])
      .type('text/html; charset=utf-8')
      .send(deps.files === undefined ? plainPage(state) : page(deps, deps.files, state))
    return true
  }
}

function page({ baseUrl, name }: ServerPageDeps, files: PageFiles, state: StateAnswer): string {
  const ours = `${new URL(baseUrl, 'http://localhost').pathname}outrigger/`
  const data: ServerPageData = {
    state,
    resourceUrl: `${ours}api/v1/resources/${encodeURIComponent(name)}/`,
  }
  const html = files.html.server
    // The page may be shown at any address; what it is made of lies at one.
    .replaceAll('="assets/', `="${escapeHtml(ours)}assets/`)
    .replaceAll('{{sentence}}', () => escapeHtml(state.sentence))
  return fillPage(html, { data, nonce: randomBytes(16).toString('base64url') })
}

function plainPage({ sentence, detail = '', whoMay }: StateAnswer): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Outrigger</title><p>${escapeHtml(sentence)} ${escapeHtml(detail)}</p><p>${escapeHtml(whoMay)}</p></html>
`
}
