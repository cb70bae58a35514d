/** What every part of the page is given, and what it has in common. */
import type { PageData } from '../../../routes/pages.ts'
import type { Answer } from './api.ts'
import { part, setText } from './parts.ts'

export type AccessPage = {
  readonly you: PageData['you']
  /** `path` is below the resource, such as `viewers`. */
  readonly ask: <Value>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ) => Promise<Answer<Value>>
  /** Told to everybody at the page, also to who does not see it. */
  readonly say: (text: string) => void
  /** Shows everything as it is now, without waiting for it. */
  readonly refresh: () => void
}

export type Section = { refresh(): Promise<void> }

/** An answer's value; or undefined, and the section says why there is none. */
export function valueOrTrouble<Value>(section: HTMLElement, answer: Answer<Value>): Value | undefined {
  const trouble = part(section, 'trouble', HTMLElement)
  // That nobody answers is said once, at the top of the page.
  const sentence = answer.ok || answer.problem.status === 0 ? '' : answer.problem.sentence
  setText(trouble, sentence)
  trouble.hidden = sentence === ''
  return answer.ok ? answer.value : undefined
}
