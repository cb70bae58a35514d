import type { CloseFrame } from './close-frame.ts'

/** All that a close frame holds beside its code. */
const MAX_BYTES = 123

/** The frame with this sentence in place of the usual one, cut where it does not fit. */
export function withSentence({ code, text }: CloseFrame, sentence: string): CloseFrame {
  const dialog = code === 1003 ? (JSON.parse(text) as object) : undefined
  const render = (errorReason: string): string =>
    dialog === undefined ? errorReason : JSON.stringify({ ...dialog, errorReason })
  if (Buffer.byteLength(render(sentence)) <= MAX_BYTES) return { code, text: render(sentence) }
  const characters = Array.from(sentence)
  do characters.pop()
  while (characters.length > 0 && Buffer.byteLength(render(`${characters.join('')}…`)) > MAX_BYTES)
  return { code, text: render(`${characters.join('').trimEnd()}…`) }
}
