/** The Jupyter server itself: its state, and the buttons of those who may start and stop it. */
import { type Tone, element, show } from '../page.ts'
import { momentText } from './expiry.ts'
import { Feed } from './feed.ts'
import { bindForm } from './form.ts'
import type { ServerState } from './model.ts'
import { bindPanel } from './panel.ts'
import { part, rescueFocus, setText } from './parts.ts'
import type { AccessPage, Section } from './section.ts'

const TONES: Record<ServerState['phase'], Tone> = {
  running: 'good',
  starting: 'busy',
  stopping: 'busy',
  stopped: 'waiting',
  crashed: 'bad',
  unreachable: 'bad',
}

export function serverSection(page: AccessPage): Section {
  const start = element('start-server', HTMLFormElement)
  const startButton = part(start, 'start', HTMLButtonElement)
  const opener = element('stop-server', HTMLButtonElement)
  const question = element('stop-question', HTMLFormElement)
  const panel = bindPanel({ opener, form: question })
  const feed = new Feed<ServerState>(
    () => page.ask('GET', 'state'),
    (answer) => {
      if (answer.ok) renderState(answer.value)
    },
  )
  const renderState = (state: ServerState): void => {
    showState(state)
    start.hidden = !state.mayStart || !['stopped', 'crashed'].includes(state.phase)
    opener.hidden = !state.mayStop || !['running', 'starting', 'crashed'].includes(state.phase)
    if (opener.hidden) panel.close()
    // The button that was pressed has given way to the other one, or to none.
    rescueFocus(start.hidden ? element('server-title', HTMLElement) : startButton)
  }
  const change = (form: HTMLFormElement, verb: 'start' | 'stop'): void =>
    bindForm({
      form,
      send: async () => {
        const answer = await page.ask<ServerState>('POST', verb)
        if (!answer.ok) return answer.problem
        feed.outdate()
        renderState(answer.value)
        return undefined
      },
      onDone: () => {
        panel.close()
        page.refresh()
      },
    })
  change(start, 'start')
  change(question, 'stop')
  return feed
}

function showState({ phase, since, sentence, detail, progress, whoMay }: ServerState): void {
  show(element('server-state', HTMLElement), TONES[phase], phase)
  setText(element('server-sentence', HTMLElement), sentence)
  setText(element('server-since', HTMLElement), `since ${momentText(since)}`)
  const more = [progress?.sentence, detail, whoMay].filter((text) => text !== undefined)
  setText(element('server-detail', HTMLElement), more.join(' '))
  const bar = element('server-progress', HTMLProgressElement)
  bar.hidden = progress === undefined
  if (progress?.percent === undefined) bar.removeAttribute('value')
  else bar.value = progress.percent
}
