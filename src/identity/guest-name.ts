const MAX_CHARACTERS = 40
/** What is no letter, digit, sign or space: a name must not turn the text around it, or be invisible. */
const UNWANTED = /[\p{C}\p{Zl}\p{Zp}]/gu
/** Marks that pile up on one letter reach into the lines above and below. */
const PILED_MARKS = /(\p{M}{2})\p{M}+/gu

/** A name that somebody typed, as others may see it; undefined when nothing readable is left. */
export function guestName(typed: string): string | undefined {
  const name = typed
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(UNWANTED, '')
    .replace(PILED_MARKS, '$1')
    .trim()
  const short = Array.from(name).slice(0, MAX_CHARACTERS).join('').trim()
  return /[\p{L}\p{N}]/u.test(short) ? short : undefined
}
