import type { Doc } from 'yjs'
import { commonRunsOrEnds, intern } from './sequence-diff.ts'
import { applyTextDiff } from './text-diff.ts'

export type LineEnding = 'lf' | 'crlf'

/**
 * How a file ends its lines: all alike, or for a mixed file how many lines in a row end how. Plain
 * JSON, to be stored beside the base text. A lone CR is no line ending here: it stays in the text,
 * where editors and Y.Text agree on its length.
 */
export type LineEndings = LineEnding | readonly (readonly [LineEnding, number])[]

const MAX_LINE_DISTANCE = 2000

/** The shared text (root `source`), newlines as LF. The layout is that of @jupyter/ydoc 4, version 1.0.0. */
export function readText(doc: Doc): string {
  return doc.getText('source').toJSON()
}

/** Makes the shared text say `text` with few changes. Joins the caller's transaction. */
export function writeText(doc: Doc, text: string): void {
  doc.transact(() => applyTextDiff(doc.getText('source'), text))
}

/** A file's text with LF only, because an editor counts CRLF as one character and Y.Text as two. */
export function splitLineEndings(file: string): { readonly text: string; readonly eol: LineEndings } {
  const endings = file.match(/\r?\n/g) ?? []
  const crlfs = endings.filter((ending) => ending === '\r\n').length
  const text = crlfs === 0 ? file : file.replaceAll('\r\n', '\n')
  if (crlfs === 0) return { text, eol: 'lf' }
  if (crlfs === endings.length) return { text, eol: 'crlf' }
  return { text, eol: runLengths(endings.map((ending) => (ending === '\n' ? 'lf' : 'crlf'))) }
}

/**
 * The file's text again. In a mixed file a line that `base` (the text that `eol` was split from) had
 * too keeps its ending, and a new line gets the one that most lines have; without `base` all do.
 */
export function joinLineEndings(text: string, eol: LineEndings, base?: string): string {
  if (eol === 'lf') return text
  if (eol === 'crlf') return text.replaceAll('\n', '\r\n')
  const lines = text.split('\n')
  const endings = repeat(dominant(eol), lines.length)
  if (base !== undefined) keepEndings(endings, { lines, baseLines: base.split('\n'), eol })
  return lines
    .map((line, index) => {
      if (index === lines.length - 1) return line
      return line + (endings[index] === 'crlf' ? '\r\n' : '\n')
    })
    .join('')
}

type Mixed = Exclude<LineEndings, string>
type Lines = { readonly lines: readonly string[]; readonly baseLines: readonly string[]; readonly eol: Mixed }

function keepEndings(endings: LineEnding[], { lines, baseLines, eol }: Lines): void {
  const baseEndings = eol.flatMap(([ending, count]) => repeat(ending, count))
  const [baseIds, ids] = intern([baseLines, lines])
  if (baseIds === undefined || ids === undefined) return
  for (const run of commonRunsOrEnds(baseIds, ids, MAX_LINE_DISTANCE)) {
    for (let offset = 0; offset < run.length; offset++) {
      const ending = baseEndings[run.a + offset]
      if (ending !== undefined) endings[run.b + offset] = ending
    }
  }
}

function runLengths(endings: readonly LineEnding[]): Mixed {
  const runs: [LineEnding, number][] = []
  for (const ending of endings) {
    const last = runs.at(-1)
    if (last?.[0] === ending) last[1]++
    else runs.push([ending, 1])
  }
  return runs
}

function repeat(ending: LineEnding, length: number): LineEnding[] {
  return Array.from({ length }, () => ending)
}

function dominant(eol: Mixed): LineEnding {
  const count = (wanted: LineEnding): number =>
    eol.reduce((sum, [ending, lines]) => sum + (ending === wanted ? lines : 0), 0)
  return count('crlf') > count('lf') ? 'crlf' : 'lf'
}
