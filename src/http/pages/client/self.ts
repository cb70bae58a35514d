/** The person at this browser: who the server says it is, or else a name of its own choice. */
import type { PageData } from '../../routes/pages.ts'

export type Self = { readonly name: string; readonly color: string }

const KEY = 'outrigger-playground-self'
/** Each readable under white text, and easy to tell from the others. */
const COLORS = ['#c0392b', '#d35400', '#8d6708', '#1e8449', '#117a8b', '#2e6fd8', '#6c4bd1', '#b03a8c']
const MAX_NAME_LENGTH = 40

export function readSelf(you: PageData['you']): Self {
  const kept = readKept()
  return {
    name: (you.isAuthenticated ? undefined : kept.name) ?? you.name,
    color: kept.color ?? toHex(you.color) ?? randomColor(),
  }
}

export function keepSelf(self: Self): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(self))
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

export function tidyName(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').slice(0, MAX_NAME_LENGTH)
}

function readKept(): Partial<Self> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (typeof kept !== 'object' || kept === null) return {}
    const { name, color } = kept as Record<string, unknown>
    return {
      ...(typeof name === 'string' && tidyName(name) !== '' ? { name: tidyName(name) } : {}),
      ...(typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? { color } : {}),
    }
  } catch {
    return {}
  }
}

/** A color picker understands nothing but `#rrggbb`. */
function toHex(cssColor: string): string | undefined {
  const context = document.createElement('canvas').getContext('2d')
  if (context === null || !CSS.supports('color', cssColor)) return undefined
  context.fillStyle = cssColor
  return /^#[0-9a-f]{6}$/.test(context.fillStyle) ? context.fillStyle : undefined
}

function randomColor(): string {
  return COLORS[Math.floor(Math.random() * COLORS.length)] ?? '#117a8b'
}
