import type { Text as YText } from 'yjs'
import { commonRuns, commonRunsOrEnds, gapsBetween, intern } from './sequence-diff.ts'

/** Replace `remove` UTF-16 code units at `at` of the old text by `insert`. */
export type TextEdit = { readonly at: number; readonly remove: number; readonly insert: string }

/** Above these many inserted and removed lines or characters a diff costs more than it is worth. */
const MAX_LINE_DISTANCE = 2000
const MAX_CHARACTER_DISTANCE = 400
const MAX_CHARACTERS = 20_000

/**
 * Edits that turn `before` into `after`, in order, offsets in `before`. Lines are matched first and
 * characters only inside what changed, so a cursor in an untouched line stays there. Never splits
 * a surrogate pair: Yjs would replace both halves by U+FFFD.
 */
export function diffText(before: string, after: string): readonly TextEdit[] {
  if (before === after) return []
  const oldLines = linesOf(before)
  const newLines = linesOf(after)
  const [oldIds, newIds] = intern([oldLines, newLines])
  if (oldIds === undefined || newIds === undefined) return []
  const oldOffsets = offsetsOf(oldLines)
  const newOffsets = offsetsOf(newLines)
  const runs = commonRunsOrEnds(oldIds, newIds, MAX_LINE_DISTANCE)
  return gapsBetween(runs, oldLines.length, newLines.length).flatMap((gap) => {
    const at = oldOffsets[gap.aStart] ?? 0
    const removed = before.slice(at, oldOffsets[gap.aEnd])
    const inserted = after.slice(newOffsets[gap.bStart], newOffsets[gap.bEnd])
    return diffCharacters(removed, inserted).map((edit) => ({ ...edit, at: edit.at + at }))
  })
}

/** Makes `ytext` say `next` with as few changes as `diffText` finds. No change when it does already. */
export function applyTextDiff(ytext: YText, next: string): void {
  const current = ytext.toJSON()
  if (current === next) return
  if (ytext.length !== current.length) {
    // Embedded objects have a length but no text, so offsets would be wrong. Ours never has any.
    ytext.delete(0, ytext.length)
    ytext.insert(0, next)
    return
  }
  const delta: ({ retain: number } | { insert: string } | { delete: number })[] = []
  let at = 0
  for (const edit of diffText(current, next)) {
    if (edit.at > at) delta.push({ retain: edit.at - at })
    // Inserting before deleting leaves a cursor that stood in the deleted text behind the new text.
    if (edit.insert !== '') delta.push({ insert: edit.insert })
    if (edit.remove > 0) delta.push({ delete: edit.remove })
    at = edit.at + edit.remove
  }
  ytext.applyDelta(delta)
}

/** Length of what both texts begin with, not ending inside a surrogate pair. */
export function commonPrefixLength(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  let length = 0
  while (length < shorter && a.charCodeAt(length) === b.charCodeAt(length)) length++
  return length > 0 && isHighSurrogate(a.charCodeAt(length - 1)) ? length - 1 : length
}

function commonSuffixLength(a: string, b: string, limit: number): number {
  let length = 0
  while (length < limit && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) {
    length++
  }
  return length > 0 && isLowSurrogate(a.charCodeAt(a.length - length)) ? length - 1 : length
}

function diffCharacters(before: string, after: string): readonly TextEdit[] {
  const prefix = commonPrefixLength(before, after)
  const suffix = commonSuffixLength(before, after, Math.min(before.length, after.length) - prefix)
  const removed = before.slice(prefix, before.length - suffix)
  const inserted = after.slice(prefix, after.length - suffix)
  const whole = [{ at: prefix, remove: removed.length, insert: inserted }]
  if (removed === '' || inserted === '' || removed.length + inserted.length > MAX_CHARACTERS) return whole
  const oldCharacters = Array.from(removed)
  const newCharacters = Array.from(inserted)
  const [oldIds, newIds] = intern([oldCharacters, newCharacters])
  if (oldIds === undefined || newIds === undefined) return whole
  const runs = commonRuns(oldIds, newIds, MAX_CHARACTER_DISTANCE)
  const matched = runs?.reduce((sum, run) => sum + run.length, 0) ?? 0
  // Few letters in common are chance: scattering the new text among the old would help nobody.
  if (runs === undefined || matched * 2 < Math.min(oldIds.length, newIds.length)) return whole
  const oldOffsets = offsetsOf(oldCharacters)
  const newOffsets = offsetsOf(newCharacters)
  return gapsBetween(runs, oldIds.length, newIds.length).map((gap) => {
    const at = oldOffsets[gap.aStart] ?? 0
    const remove = (oldOffsets[gap.aEnd] ?? 0) - at
    return { at: prefix + at, remove, insert: inserted.slice(newOffsets[gap.bStart], newOffsets[gap.bEnd]) }
  })
}

/** Lines with their newline; joined they give the text again. */
function linesOf(text: string): readonly string[] {
  const lines: string[] = []
  let start = 0
  while (start < text.length) {
    const end = text.indexOf('\n', start) + 1 || text.length
    lines.push(text.slice(start, end))
    start = end
  }
  return lines
}

/** Where each part begins in the joined text, and last where the text ends. */
function offsetsOf(parts: readonly string[]): readonly number[] {
  const offsets = [0]
  let at = 0
  for (const part of parts) {
    at += part.length
    offsets.push(at)
  }
  return offsets
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}
