/** What a person does at each key: mostly types on, now and then corrects, pastes or goes elsewhere. */
import type { TypingStyle } from '../plan/scenario.ts'
import { codeCharacters, codeOfLength } from './code-text.ts'
import { between, isLucky, type Random } from './random.ts'

export type Stroke =
  | { readonly kind: 'key' | 'paste'; readonly text: string }
  /** The character in front of the caret. */
  | { readonly kind: 'delete' }

/** What the caret stands in; the typist only knows how much there is of its own. */
export type Surroundings = {
  /** Own characters in front of the caret, in UTF-16 units. */
  readonly before: number
  readonly length: number
  readonly isAtEnd: boolean
  moveTo(offset: number): void
  moveToEnd(): void
}

const BACKSPACE = 0.05
/** Not in the basic plane: one key, two UTF-16 units, four bytes. */
const EMOJI = 0.002
const CORRECTION = { chance: 0.012, most: 8 }
const PASTE = { chance: 0.003, least: 10, most: 400 }
/** Goes to another place in what it has typed, and soon back to the end. */
const JUMP = { chance: 0.004, back: 0.03 }

const BACKSPACED: Stroke = { kind: 'delete' }

export function strokes(style: TypingStyle, random: Random, around: Surroundings): Generator<Stroke, never> {
  return style === 'steady' ? steadyStrokes(random, around) : humanStrokes(random, around)
}

function* steadyStrokes(random: Random, around: Surroundings): Generator<Stroke, never> {
  const characters = codeCharacters(random)
  for (;;) {
    if (around.before > 0 && isLucky(random, BACKSPACE)) yield BACKSPACED
    else yield nextKey(random, characters)
  }
}

function* humanStrokes(random: Random, around: Surroundings): Generator<Stroke, never> {
  const characters = codeCharacters(random)
  for (;;) {
    move(random, around)
    if (isLucky(random, CORRECTION.chance)) {
      for (let left = between(random, 1, CORRECTION.most); left > 0 && around.before > 0; left -= 1)
        yield BACKSPACED
    }
    if (isLucky(random, PASTE.chance))
      yield { kind: 'paste', text: codeOfLength(random, pasteLength(random)) }
    yield nextKey(random, characters)
  }
}

function nextKey(random: Random, characters: Generator<string, never>): Stroke {
  return { kind: 'key', text: isLucky(random, EMOJI) ? '\u{1f389}' : characters.next().value }
}

function move(random: Random, around: Surroundings): void {
  if (!around.isAtEnd) {
    if (isLucky(random, JUMP.back)) around.moveToEnd()
  } else if (isLucky(random, JUMP.chance)) {
    around.moveTo(between(random, 0, around.length))
  }
}

/** Small ones are more frequent. */
function pasteLength(random: Random): number {
  return Math.round(PASTE.least * (PASTE.most / PASTE.least) ** random.next())
}
