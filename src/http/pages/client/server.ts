/** Stands where JupyterLab would: shows why it does not run, and goes on to it when it does. */
import type { StateAnswer } from '../../routes/server-state-schema.ts'
import type { ServerPageData } from '../../server-page.ts'
import { element } from './page.ts'

type Phase = StateAnswer['phase']

const ANSWER_WITHIN_MS = 5000
const FIRST_PAUSE_MS = 1000
const MAX_PAUSE_MS = 10_000
const PAUSE_GROWTH = 1.3

/** Something is under way: worth asking every second. */
const BUSY: ReadonlySet<Phase> = new Set<Phase>(['starting', 'stopping', 'crashed', 'unreachable'])
const STARTABLE: ReadonlySet<Phase> = new Set<Phase>(['stopped', 'stopping'])
const STOPPABLE: ReadonlySet<Phase> = new Set<Phase>(['starting', 'crashed'])

const view = {
  sentence: element('sentence', HTMLElement),
  detail: element('detail', HTMLElement),
  progress: element('progress', HTMLElement),
  bar: element('bar', HTMLProgressElement),
  problem: element('problem', HTMLElement),
  whoMay: element('who-may', HTMLElement),
  start: element('start', HTMLButtonElement),
  stop: element('stop', HTMLButtonElement),
}

const page = JSON.parse(document.getElementById('page-data')?.textContent ?? '{}') as ServerPageData
let pauseMs = FIRST_PAUSE_MS
/** Ends the pause before the next question. */
let hurry = (): void => {}

/** Only what differs is written: whatever is written is read out. */
function write(target: HTMLElement, text: string | undefined): void {
  if (target.textContent !== (text ?? '')) target.textContent = text ?? ''
  target.hidden = text === undefined
}

function render(state: StateAnswer): void {
  const { phase, sentence, detail, progress, mayStart, mayStop } = state
  document.title = sentence
  write(view.sentence, sentence)
  write(view.detail, detail)
  write(view.progress, progress?.sentence)
  write(view.whoMay, state.whoMay)
  view.bar.hidden = progress?.percent === undefined
  view.bar.max = 100
  view.bar.value = progress?.percent ?? 0
  showButton(view.start, mayStart && STARTABLE.has(phase))
  showButton(view.stop, mayStop && STOPPABLE.has(phase))
  if (BUSY.has(phase)) pauseMs = FIRST_PAUSE_MS
  if (phase === 'running') location.reload()
}

/** A button that goes takes the keyboard's place with it. */
function showButton(button: HTMLButtonElement, isShown: boolean): void {
  if (!isShown && document.activeElement === button) view.sentence.focus()
  button.hidden = !isShown
}

async function ask(what: 'state' | 'start' | 'stop'): Promise<void> {
  const response = await fetch(`${page.resourceUrl}${what}`, {
    method: what === 'state' ? 'GET' : 'POST',
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  })
  // Signed out, or no longer allowed: the address itself knows what to say.
  if ([401, 403, 404].includes(response.status)) return location.reload()
  const body = (await response.json()) as StateAnswer & { readonly message?: string }
  if (response.ok) {
    write(view.problem, undefined)
    return render(body)
  }
  write(view.problem, body.message ?? `The server answers ${response.status}.`)
}

async function askAndTell(what: 'state' | 'start' | 'stop'): Promise<void> {
  try {
    await ask(what)
  } catch {
    write(view.problem, 'Outrigger itself does not answer at the moment; trying again…')
  }
}

/** Not `disabled` meanwhile: that would take the keyboard's place away. Pressing again does no harm. */
async function press(what: 'start' | 'stop'): Promise<void> {
  pauseMs = FIRST_PAUSE_MS
  await askAndTell(what)
  hurry()
}

async function askForEver(): Promise<void> {
  for (;;) {
    await new Promise<void>((resolve) => {
      hurry = resolve
      setTimeout(resolve, pauseMs)
    })
    pauseMs = Math.min(pauseMs * PAUSE_GROWTH, MAX_PAUSE_MS)
    if (!document.hidden) await askAndTell('state')
  }
}

render(page.state)
view.start.addEventListener('click', () => {
  press('start').catch(reportError)
})
view.stop.addEventListener('click', () => {
  press('stop').catch(reportError)
})
document.addEventListener('visibilitychange', () => {
  pauseMs = FIRST_PAUSE_MS
  hurry()
})
askForEver().catch(reportError)
