/** A text file that several people wrote, shaped as JupyterLab's shared file. */
import type * as Y from 'yjs'
import type { DocumentPlan } from '../plan/scenario.ts'
import { codeLines, codeOfLength } from './code-text.ts'
import {
  DETOUR_TRACE_BYTES,
  detour,
  detourLengths,
  once,
  type Spot,
  spread,
  typing,
  type Work,
} from './history.ts'
import { between, isLucky, logNormal, type Random } from './random.ts'

/** Roots, `state` and the like, in bytes, about. */
const FRAME_BYTES = 60
/** Each block is a struct or two of its own once others have written around it. */
const BLOCK_BYTES = 24
const WRITERS = 3
const LINES_PER_BLOCK = 6
/** Where text is not added at the end, it goes in front of at most so many of the last blocks. */
const RECENT_BLOCKS = 40

export function planText(random: Random, plan: DocumentPlan): (doc: Y.Doc) => readonly Work[] {
  const isHistory = plan.storedAs > 0
  // Tens of thousands of insertions in one transaction take Yjs half a minute.
  const blocks = isHistory ? planBlocks(random, plan) : [planBlocks(random, plan).join('')]
  const weight = 1 + blocks.reduce((sum, { length }) => sum + length, 0)
  const detours = spread(detourLengths(weight, plan.storedAs), blocks.length)
  return (doc) => {
    const text = doc.getText('source')
    const works = [once(0, () => describe(doc))]
    blocks.forEach((block, i) => {
      const writer = isHistory ? i % WRITERS : 0
      const behind = isHistory ? lengthBehind(random, blocks.slice(Math.max(0, i - RECENT_BLOCKS), i)) : 0
      const spot: Spot = { text: () => text, index: () => text.length - behind }
      for (const length of detours[i] ?? []) works.push(...detour(spot, codeOfLength(random, length), writer))
      works.push(typing(spot, block, writer))
    })
    return works
  }
}

function planBlocks(random: Random, plan: DocumentPlan): string[] {
  const traces = detourLengths(plan.bytes, plan.storedAs).length * DETOUR_TRACE_BYTES
  const overhead = plan.storedAs > 0 ? BLOCK_BYTES : 0
  const blocks: string[] = []
  let left = plan.bytes - FRAME_BYTES - traces
  do {
    const lines = Math.max(1, Math.round(logNormal(random, LINES_PER_BLOCK, 0.6)))
    const block = `${codeLines(random, lines)}\n`.slice(0, Math.max(1, left - overhead))
    blocks.push(block)
    left -= Buffer.byteLength(block) + overhead
  } while (left > 0)
  return blocks
}

/** Most is added at the end, some further up; whole blocks stay whole. */
function lengthBehind(random: Random, recent: readonly string[]): number {
  if (recent.length === 0 || !isLucky(random, 0.3)) return 0
  const first = between(random, 0, recent.length - 1)
  return recent.slice(first).reduce((sum, { length }) => sum + length, 0)
}

function describe(doc: Y.Doc): void {
  const state = doc.getMap('state')
  state.set('dirty', false)
  state.set('path', 'analysis.py')
}
