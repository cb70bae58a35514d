/** A kernel that prints all the time: its output is appended in place to a cell's stream. */
import * as Y from 'yjs'
import type { Group } from '../plan/scenario.ts'
import { AuthorDocument, editOf } from './author-document.ts'
import { MEMBER, memberClientId } from './client-id.ts'
import { logOfLength } from './code-text.ts'
import type { Author, Edit, StepPlan } from './contract.ts'
import { createStream, outputsOf } from './notebook-types.ts'
import { codeCells } from './place.ts'
import { between, createRandom } from './random.ts'

export type OutputAuthorOptions = {
  readonly seed: number
  readonly group: Group
  readonly room: number
  readonly base: readonly Uint8Array[]
  readonly keepsUpdates: boolean
}

/**
 * A stream is continued as a new one behind this length, on the other channel. Yjs copies the text
 * at each append, so that one without end would make the load tool the bottleneck.
 */
const MAX_STREAM_LENGTH = 128 * 1024
/** Printed text is cut from a supply of this length: making it anew costs more than sending it. */
const SUPPLY_LENGTH = 256 * 1024

/**
 * Prints into the last code cell, or into a list in the root `outputs` where there is none: the group's
 * messages and bytes a second, whatever the rate of the typists. Its edits have no cursor.
 */
export function createOutputAuthor(options: OutputAuthorOptions): Author {
  return new OutputAuthor(options)
}

class OutputAuthor implements Author {
  readonly clientId: number
  readonly #document: AuthorDocument
  readonly #outputs: Y.Array<unknown>
  readonly #messagesPerMs: number
  readonly #length: number
  readonly #supply: string
  #stream: Y.Text | undefined
  #streams = 0
  #supplied: number
  /** Messages since the start of the first step, counted in gaps between them. */
  #gaps = 0
  #next: number

  constructor({ seed, group, room, base, keepsUpdates }: OutputAuthorOptions) {
    const random = createRandom(seed, group.name, room, 'outputs')
    this.clientId = memberClientId({ seed, group: group.name, room }, MEMBER.outputs)
    this.#document = new AuthorDocument({ clientId: this.clientId, base, keepsUpdates })
    const cell = codeCells(this.#document.doc).at(-1)
    this.#outputs = (cell && outputsOf(cell)) ?? this.#document.doc.getArray('outputs')
    this.#messagesPerMs = group.outputMessagesPerSecond / 1000
    this.#length = Math.max(1, Math.round(group.outputBytesPerSecond / group.outputMessagesPerSecond))
    this.#supply = logOfLength(random, Math.max(SUPPLY_LENGTH, 2 * this.#length))
    this.#supplied = between(random, 0, this.#supply.length)
    this.#next = random.next()
  }

  write({ durationMs }: StepPlan): readonly Edit[] {
    const edits: Edit[] = []
    const end = this.#gaps + this.#messagesPerMs * durationMs
    for (; this.#next < end; this.#next += 1) {
      const recorded = this.#document.record(() => this.#print(this.#take()))
      edits.push(editOf('output', (this.#next - this.#gaps) / this.#messagesPerMs, recorded, undefined))
    }
    this.#gaps = end
    return edits
  }

  encodeAll(): Uint8Array {
    return this.#document.encodeOwn()
  }

  destroy(): void {
    this.#document.destroy()
  }

  #take(): string {
    if (this.#supplied + this.#length > this.#supply.length) this.#supplied = 0
    this.#supplied += this.#length
    return this.#supply.slice(this.#supplied - this.#length, this.#supplied)
  }

  #print(text: string): void {
    if (this.#stream !== undefined && this.#stream.length < MAX_STREAM_LENGTH) {
      this.#stream.insert(this.#stream.length, text)
      return
    }
    const output = createStream(text, this.#streams % 2 === 0 ? 'stdout' : 'stderr')
    this.#outputs.push([output])
    const created = output.get('text')
    if (created instanceof Y.Text) this.#stream = created
    this.#streams += 1
  }
}
