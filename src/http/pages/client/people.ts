/** Who is in the room, as their own browsers say, made safe to show. */
import type { Awareness } from 'y-protocols/awareness'
import { element, personItem } from './page.ts'

type User = { name: string; color: string; colorLight: string }

const FALLBACK_COLOR = '#5a6b7d'

/** Keeps the list up to date. */
export function showPeople(awareness: Awareness): void {
  const list = element('people', HTMLElement)
  const render = (): void => {
    const others = [...awareness.getStates()]
      .filter(([clientId]) => clientId !== awareness.clientID)
      .map(([, state]) => userOf(state))
      .toSorted((a, b) => a.name.localeCompare(b.name))
    const self = userOf(awareness.getLocalState() ?? {})
    list.replaceChildren(personItem({ ...self, aside: 'you' }), ...others.map(personItem))
  }
  awareness.on('change', render)
  render()
}

/**
 * Rewrites what arrives before the editor reads it; to be called before the editor is made.
 *
 * The editor puts colors into a style attribute as they are, so only a color may stand there. And it
 * redraws a cursor only when its color changed, so a comment that follows the name makes a new name
 * show.
 */
export function tidyStates(awareness: Awareness): void {
  awareness.on('change', ({ added, updated }: { added: number[]; updated: number[] }) => {
    for (const clientId of [...added, ...updated]) {
      const state = awareness.states.get(clientId)
      if (state === undefined || clientId === awareness.clientID) continue
      const { name, color } = userOf(state)
      state['user'] = {
        name,
        color: `${color}/*${fingerprint(name)}*/`,
        colorLight: `color-mix(in srgb, ${color} 25%, transparent)`,
      } satisfies User
    }
  })
}

function userOf(state: Record<string, unknown>): { readonly name: string; readonly color: string } {
  const user = typeof state['user'] === 'object' && state['user'] !== null ? state['user'] : {}
  const { name, color } = user as Record<string, unknown>
  return {
    name: typeof name === 'string' && name.trim() !== '' ? name.slice(0, 60) : 'Somebody',
    color: typeof color === 'string' && CSS.supports('color', color) ? color : FALLBACK_COLOR,
  }
}

function fingerprint(text: string): string {
  let hash = 0
  for (let at = 0; at < text.length; at += 1) hash = (hash * 31 + text.charCodeAt(at)) | 0
  return hash.toString(36)
}
