/** Runs a cell now and then, as JupyterLab shows it to the others: a new count and new outputs. */
import type * as Y from 'yjs'
import { logOfLength } from './code-text.ts'
import { createStream, outputsOf } from './notebook-types.ts'
import { between, type Random } from './random.ts'

const PRINTED = { least: 20, most: 200 }

export class CellRuns {
  readonly #cell: Y.Map<unknown>
  readonly #everyMs: number
  readonly #random: Random
  #nextInMs: number
  #count: number

  constructor(cell: Y.Map<unknown>, everyMs: number, random: Random) {
    this.#cell = cell
    this.#everyMs = everyMs
    this.#random = random
    this.#nextInMs = random.next() * everyMs
    const count = cell.get('execution_count')
    this.#count = typeof count === 'number' ? count : 0
  }

  /** Those within the next `durationMs`, from its start; call once for each step. */
  times(durationMs: number): readonly number[] {
    const times: number[] = []
    for (; this.#nextInMs < durationMs; this.#nextInMs += this.#everyMs) times.push(this.#nextInMs)
    this.#nextInMs -= durationMs
    return times
  }

  /** Within the caller's transaction. */
  run(): void {
    this.#count += 1
    const outputs = outputsOf(this.#cell)
    outputs?.delete(0, outputs.length)
    this.#cell.set('execution_count', this.#count)
    outputs?.push([
      createStream(logOfLength(this.#random, between(this.#random, PRINTED.least, PRINTED.most))),
    ])
  }
}
