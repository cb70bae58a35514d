/** The last events, with a filter, and the whole trail as a file. */
import { element } from '../page.ts'
import { showFault, clearFaults } from './faults.ts'
import { momentText } from './expiry.ts'
import { Feed } from './feed.ts'
import type { AuditEvent } from './model.ts'
import { fieldValue, fromTemplate, part, setText } from './parts.ts'
import type { AccessPage, Section } from './section.ts'
import { ACTIONS, eventText } from './words.ts'

type AuditAnswer = { readonly events: readonly AuditEvent[]; readonly next?: string | null | undefined }

const FIRST_LIMIT = 15
const MAX_LIMIT = 240
/** Nobody wants an answer for every letter of a name. */
const TYPING_PAUSE_MS = 300

/** `exportPath`: the address of the whole trail, with the filter as its query. */
export function auditSection(page: AccessPage, exportPath: (query: string) => string): Section {
  const form = element('audit-filter', HTMLFormElement)
  const more = element('more-events', HTMLButtonElement)
  let limit = FIRST_LIMIT
  let shown = ''
  offerActions()
  const feed = new Feed<AuditAnswer>(
    () => {
      const query = filterOf(form)
      query.set('limit', String(limit))
      return page.ask('GET', `audit?${String(query)}`)
    },
    (answer) => {
      if (!answer.ok) {
        if (answer.problem.status !== 0) showFilterFault(form, answer.problem)
        return
      }
      clearFaults(form)
      const { events, next } = answer.value
      more.hidden = next === undefined || next === null || limit >= MAX_LIMIT
      if (JSON.stringify(events) === shown) return
      shown = JSON.stringify(events)
      element('event-list', HTMLElement).replaceChildren(...events.map(eventItem))
      element('no-events', HTMLElement).hidden = events.length > 0
    },
  )
  const download = element('download-audit', HTMLAnchorElement)
  const refilter = (): void => {
    const query = filterOf(form)
    query.set('format', 'jsonl')
    download.href = exportPath(String(query))
    limit = FIRST_LIMIT
    feed.refresh().catch(reportError)
  }
  bindFilter(form, refilter)
  more.addEventListener('click', () => {
    limit *= 2
    feed.refresh().catch(reportError)
  })
  // The address of the file is not known before the first refresh.
  return { refresh: async () => (download.hasAttribute('href') ? await feed.refresh() : refilter()) }
}

function bindFilter(form: HTMLFormElement, refilter: () => void): void {
  let pause: ReturnType<typeof setTimeout> | undefined
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    refilter()
  })
  form.addEventListener('input', () => {
    clearTimeout(pause)
    pause = setTimeout(refilter, TYPING_PAUSE_MS)
  })
}

function filterOf(form: HTMLFormElement): URLSearchParams {
  const asked = ['actor', 'action'].map((name) => [name, fieldValue(form, name)])
  return new URLSearchParams(asked.filter(([, value]) => value !== ''))
}

/** Only once: the same fault comes again with every refresh, and must not take the focus each time. */
function showFilterFault(form: HTMLFormElement, fault: { readonly sentence: string }): void {
  if (form.querySelector('.fault')?.textContent !== fault.sentence) showFault(form, fault)
}

function offerActions(): void {
  element('audit-action', HTMLSelectElement).append(
    ...ACTIONS.map(([action, text]) => new Option(text, action)),
  )
}

function eventItem(event: AuditEvent): HTMLElement {
  const item = fromTemplate('event-row')
  const time = part(item, 'time', HTMLTimeElement)
  time.dateTime = event.at
  setText(time, momentText(event.at))
  setText(part(item, 'actor', HTMLElement), event.actor)
  setText(part(item, 'text', HTMLElement), eventText(event))
  return item
}
