/** The access page: asks every few seconds while somebody looks, and shows only what this person may do. */
import { type Answer, ask } from './access/api.ts'
import { auditSection } from './access/audit.ts'
import { Feed } from './access/feed.ts'
import { insideSection } from './access/inside.ts'
import { linksSection } from './access/links.ts'
import type { Resource } from './access/model.ts'
import { ownAccess } from './access/own-access.ts'
import { setText } from './access/parts.ts'
import type { AccessPage } from './access/section.ts'
import { serverSection } from './access/server.ts'
import { viewersSection } from './access/viewers.ts'
import { bindWhy } from './access/why.ts'
import { ownerText, subjectOf } from './access/words.ts'
import { element, pageData, show } from './page.ts'

const REFRESH_MS = 4000
/** To look for rare events is work for the server; what is done here shows at once all the same. */
const ROUNDS_PER_AUDIT = 4
/** Long enough to be read. */
const SAID_MS = 7000

const { hasJupyter, you } = pageData()
const problem = element('problem', HTMLElement)
let resource: Resource | undefined
/** False while the server does not answer, or not to this person. */
let isAnswered = false

const page: AccessPage = {
  you,
  ask: (method, path, body) => ask(method, `${resourcePath()}/${path}`, body),
  say,
  refresh: () => {
    refresh().catch(reportError)
  },
}

let forgetting: ReturnType<typeof setTimeout> | undefined

function say(text: string): void {
  const said = element('said', HTMLElement)
  said.textContent = text
  clearTimeout(forgetting)
  forgetting = setTimeout(() => (said.textContent = ''), SAID_MS)
}

function resourcePath(): string {
  return `resources/${encodeURIComponent(resource?.name ?? '')}`
}

const sections = {
  server: serverSection(page),
  viewers: viewersSection(page),
  links: linksSection(page),
  inside: insideSection(page, ({ id }) => resource?.may.viewers === true && resource.owner !== `user:${id}`),
  audit: auditSection(page, (query) => `api/v1/${resourcePath()}/audit?${query}`),
}
const showOwnAccess = ownAccess(page)
bindWhy(page)

const resources = new Feed<{ readonly resources: readonly Resource[] }>(
  () => ask('GET', 'resources'),
  (answer) => {
    const found = resourceFrom(answer)
    if (found === undefined) return
    resource = found
    renderResource(found)
  },
)

/** Of several, the one whose own address this page has. */
function resourceFrom(answer: Answer<{ readonly resources: readonly Resource[] }>): Resource | undefined {
  isAnswered = answer.ok
  if (!answer.ok) {
    tellTrouble(answer.problem.status, answer.problem.sentence)
    return undefined
  }
  problem.hidden = true
  show(element('connection', HTMLElement), 'good', 'Up to date')
  const base = new URL('..', location.href).href
  const { resources: all } = answer.value
  return all.find(({ url }) => new URL(url, location.href).href === base) ?? all[0]
}

const NO_ACCESS = 'You no longer have access to this server.'

/** The page stays as it is: somebody may have typed into it. */
function tellTrouble(status: number, sentence: string): void {
  show(element('connection', HTMLElement), 'bad', status === 0 ? 'No answer' : 'Refused')
  const text: Record<number, string> = {
    0: 'The server does not answer; what you see below may be old. Trying again…',
    401: 'You are no longer signed in. Reload this page to sign in again.',
    // Who was inside is told so; after a restart of the server, that there is nothing.
    403: NO_ACCESS,
    404: NO_ACCESS,
  }
  setText(problem, text[status] ?? sentence)
  problem.hidden = false
  if (status === 403 || status === 404) element('content', HTMLElement).hidden = true
}

function renderResource(shown: Resource): void {
  const { name, owner, may, state } = shown
  showOwnAccess(shown)
  if (state === 'none') show(element('server-state', HTMLElement), 'waiting', 'no Jupyter, only rooms')
  setText(element('resource-name', HTMLElement), name)
  const isYou = owner === `user:${you.id}`
  setText(element('owner', HTMLElement), isYou ? `${ownerText(owner)} (you)` : ownerText(owner))
  if (owner !== null) {
    setText(element('owner-kind', HTMLElement), subjectOf(owner).kind)
    setText(element('owner-name', HTMLElement), subjectOf(owner).name)
  }
  const address = element('address', HTMLAnchorElement)
  address.href = new URL(hasJupyter ? '../lab' : 'try', location.href).href
  setText(address, new URL('..', location.href).href)
  element('viewers', HTMLElement).hidden = !hasViewers(shown)
  element('links', HTMLElement).hidden = !hasViewers(shown)
  element('audit', HTMLElement).hidden = !may.audit
  element('content', HTMLElement).hidden = false
}

/** In open mode there is nobody to give access to. */
function hasViewers({ owner, may }: Resource): boolean {
  return may.viewers && owner !== null
}

async function refresh({ hasAudit = true } = {}): Promise<void> {
  await resources.refresh()
  if (resource === undefined || !isAnswered) return
  const { may, state } = resource
  const shown = [
    ...(state === 'none' ? [] : [sections.server]),
    sections.inside,
    ...(hasViewers(resource) ? [sections.viewers, sections.links] : []),
    ...(may.audit && hasAudit ? [sections.audit] : []),
  ]
  await Promise.all(shown.map((section) => section.refresh()))
}

async function refreshForEver(): Promise<void> {
  for (let round = 0; ; round += 1) {
    if (!document.hidden) await refresh({ hasAudit: round % ROUNDS_PER_AUDIT === 0 })
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS))
  }
}

element('lab-link', HTMLElement).hidden = !hasJupyter
element('sign-out', HTMLElement).hidden = !you.isAuthenticated
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) page.refresh()
})
refreshForEver().catch(reportError)
