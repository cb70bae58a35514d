import { type Array as YArray, Map as YMap, Text as YText } from 'yjs'
import { type Json, type JsonObject, equalJson, omit } from './json.ts'
import { commonPrefixLength } from './text-diff.ts'

/** A shared output. JupyterLab appends to a stream's text in place, so that must be a Y.Text. */
export function createOutput(output: JsonObject): YMap<unknown> {
  const entries = Object.entries(output).map(([key, value]): [string, unknown] => [
    key,
    key === 'text' && isStream(output) && typeof value === 'string' ? new YText(value) : value,
  ])
  return new YMap(entries)
}

/**
 * Turns the outputs `current` (what `youtputs` reads as) into `next`, in the caller's transaction.
 *
 * JupyterLab 4.6 shows every inserted output as the last one, and takes every change of a stream's
 * text for one at the end of the last output: what it is cut by, then what is appended. So outputs
 * are kept up to the first difference and replaced after it, and only the text of a last stream is
 * edited in place, at its end, deletion first.
 */
export function updateOutputs(
  youtputs: YArray<unknown>,
  current: readonly JsonObject[],
  next: readonly JsonObject[],
): void {
  // Items that are no outputs at all were left out when reading: indexes would not agree.
  if (youtputs.length !== current.length) {
    youtputs.delete(0, youtputs.length)
    current = []
  }
  let kept = 0
  while (kept < current.length && kept < next.length && equalJson(current[kept], next[kept])) kept++
  if (kept === current.length - 1 && continueStream(youtputs.get(kept), current[kept], next[kept])) kept++
  if (kept < current.length) youtputs.delete(kept, current.length - kept)
  if (kept < next.length) youtputs.insert(kept, next.slice(kept).map(createOutput))
}

function continueStream(
  youtput: unknown,
  current: JsonObject | undefined,
  next: JsonObject | undefined,
): boolean {
  if (current === undefined || next === undefined || !isStream(next)) return false
  if (!equalJson(omit(current, ['text']), omit(next, ['text']))) return false
  const ytext = youtput instanceof YMap ? youtput.get('text') : undefined
  const [before, after] = [current['text'], next['text']]
  if (!(ytext instanceof YText) || !isTextOf(ytext, before) || typeof after !== 'string') return false
  const common = commonPrefixLength(ytext.toJSON(), after)
  if (common < ytext.length) ytext.delete(common, ytext.length - common)
  if (common < after.length) ytext.insert(common, after.slice(common))
  return true
}

/** False when the text holds more than text, or had to be repaired to be read. */
function isTextOf(ytext: YText, text: Json | undefined): boolean {
  return ytext.toJSON() === text && ytext.length === text.length
}

function isStream(output: JsonObject): boolean {
  return output['output_type'] === 'stream'
}
