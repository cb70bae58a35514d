/** The few things that both pages need of their own document. */
import type { PageData } from '../../routes/pages.ts'

/** The element that the page's HTML promises to have. */
export function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} called ${id}`)
  return found
}

/** What the server wrote into the page. */
export function pageData(): PageData {
  return JSON.parse(document.getElementById('page-data')?.textContent ?? '{}') as PageData
}

export type Tone = 'good' | 'busy' | 'bad' | 'waiting'

/** Shows a state in words; the tone only adds color. */
export function show(target: HTMLElement, tone: Tone, text: string): void {
  if (target.textContent !== text) target.textContent = text
  target.dataset['state'] = tone
}

/** Text only: whatever a person calls itself, it is never markup. */
export function span(className: string, text: string): HTMLSpanElement {
  const made = document.createElement('span')
  made.className = className
  made.textContent = text
  return made
}

export type PersonView = {
  readonly name: string
  readonly color: string
  readonly aside?: string | undefined
}

export function personItem({ name, color, aside }: PersonView): HTMLLIElement {
  const item = document.createElement('li')
  item.className = 'person'
  const dot = span('dot', '')
  // Through the style object a color stays a color, whatever else the text may hold.
  dot.style.backgroundColor = color
  item.append(dot, span('name', name))
  if (aside !== undefined) item.append(span('aside', aside))
  return item
}
