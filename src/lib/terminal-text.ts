/** Text in the cells of a terminal, where a Chinese character takes two and an accent none. */

const segmenter = new Intl.Segmenter()

/** East Asian characters and pictures; those of half width, which share a script with them, are not. */
const WIDE =
  /^(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Emoji_Presentation}\u3000-\u303e\u30fb\u30fc\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u
const PLAIN = /^[\x20-\x7e]*$/
/** Alone, without a letter to sit on. */
const WITHOUT_WIDTH = /^[\p{M}\p{Cf}]+$/u

/**
 * Everything that a terminal could take for a command, or that turns the direction of what follows:
 * names of files are whatever somebody made them.
 */
const UNPRINTABLE = /[\p{Cc}\p{Co}\p{Cs}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** `text` with a replacement character for whatever is not to be printed. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '\ufffd')
}

/** Cells that `text` takes; it must be printable. */
export function cellWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment)
  return width
}

/** `text` in exactly `width` cells: filled with spaces, or cut, with `…` as its last character. */
export function fitCells(text: string, width: number): string {
  const missing = width - cellWidth(text)
  if (missing >= 0) return text + ' '.repeat(missing)
  if (width <= 0) return ''
  let kept = ''
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    const next = used + graphemeWidth(segment)
    if (next > width - 1) break
    kept += segment
    used = next
  }
  return `${kept}…${' '.repeat(width - 1 - used)}`
}

function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2
  return WITHOUT_WIDTH.test(grapheme) ? 0 : 1
}
