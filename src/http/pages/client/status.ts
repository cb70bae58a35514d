/** The status page: asks every two seconds while somebody looks, and says so when nobody answers. */
import type { JupyterStatus, RoomAnswer, StatusAnswer } from '../../routes/status.ts'
import { type Tone, element, pageData, personItem, show, span } from './page.ts'

const REFRESH_MS = 2000
const ANSWER_WITHIN_MS = 5000

const JUPYTER: Record<JupyterStatus, readonly [Tone, string]> = {
  answers: ['good', 'answers'],
  unreachable: ['bad', 'does not answer'],
  refused: ['bad', 'refuses our token'],
  none: ['waiting', 'none'],
}

const view = {
  connection: element('connection', HTMLElement),
  problem: element('problem', HTMLElement),
  jupyter: element('jupyter', HTMLElement),
  store: element('store', HTMLElement),
  roomCount: element('room-count', HTMLElement),
  sessionCount: element('session-count', HTMLElement),
  memory: element('memory', HTMLElement),
  uptime: element('uptime', HTMLElement),
  version: element('version', HTMLElement),
  rooms: element('rooms', HTMLElement),
  noRooms: element('no-rooms', HTMLElement),
}

let shownRooms = ''

function render(status: StatusAnswer): void {
  show(
    view.connection,
    status.isReady ? 'good' : 'busy',
    status.isReady ? 'Ready' : 'Not ready for new people',
  )
  show(view.jupyter, ...JUPYTER[status.jupyter])
  show(
    view.store,
    status.store === 'writable' ? 'good' : 'bad',
    status.store === 'writable' ? 'writes' : 'cannot write',
  )
  view.roomCount.textContent = String(status.roomCount)
  view.sessionCount.textContent = String(status.sessionCount)
  view.memory.textContent = `${inMiB(status.memory.usedBytes)} of ${inMiB(status.memory.limitBytes)} MiB`
  view.uptime.textContent = formatDuration(status.uptimeMs)
  view.version.textContent = status.version
  view.problem.hidden = true
  renderRooms(status)
}

function renderRooms({ rooms }: StatusAnswer): void {
  // Made anew only when something changed, so that a selection or a screen reader stays where it is.
  const next = JSON.stringify(rooms ?? null)
  if (next === shownRooms) return
  shownRooms = next
  view.rooms.replaceChildren(...(rooms ?? []).map(roomItem))
  view.noRooms.hidden = rooms !== undefined && rooms.length > 0
  view.noRooms.textContent =
    rooms === undefined ? 'You may not see who is here.' : 'Nobody is in a room at the moment.'
}

function roomItem({ kind, title, people, personCount }: RoomAnswer): HTMLLIElement {
  const item = document.createElement('li')
  item.dataset['testid'] = 'room'
  const list = document.createElement('ul')
  list.className = 'people'
  list.append(
    ...people.map(({ name, color, isYou }) => personItem({ name, color, aside: isYou ? 'you' : undefined })),
  )
  if (personCount > people.length) {
    list.append(personItem({ name: `and ${personCount - people.length} more`, color: 'transparent' }))
  }
  item.append(span('title', title), span('kind', kind === 'jupyter' ? 'Jupyter' : 'room'), list)
  return item
}

function inMiB(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20)
}

function formatDuration(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return `${Math.floor(hours / 24)} days`
  if (hours > 0) return `${hours} h ${minutes % 60} min`
  return minutes > 0 ? `${minutes} min` : `${Math.floor(ms / 1000)} s`
}

async function refresh(): Promise<void> {
  try {
    const response = await fetch('api/v1/status', { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    // Signed out, or no longer allowed: the page itself knows what to say.
    if ([401, 403, 404].includes(response.status)) {
      location.reload()
      return
    }
    if (!response.ok) throw new Error(`status ${response.status}`)
    render((await response.json()) as StatusAnswer)
  } catch {
    show(view.connection, 'bad', 'No answer')
    view.problem.textContent = 'The server does not answer; what you see below may be old. Trying again…'
    view.problem.hidden = false
  }
}

async function refreshForEver(): Promise<void> {
  for (;;) {
    if (!document.hidden) await refresh()
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS))
  }
}

const { hasJupyter, you } = pageData()
element('lab-link', HTMLElement).hidden = !hasJupyter
element('sign-out', HTMLElement).hidden = !you.isAuthenticated
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refresh().catch(reportError)
})
refreshForEver().catch(reportError)
