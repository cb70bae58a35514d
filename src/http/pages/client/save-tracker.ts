/**
 * Knows whether what was typed here is on the server's disk.
 *
 * The server answers a sync step 1 only after everything that the same connection sent before is
 * written. So the tracker asks after each burst of edits, and an answer covers the edits made before
 * its question. Answers come in the order of the questions; the first question of each connection
 * is the provider's own.
 */
export type SaveState =
  /** Everything typed here is written. */
  | 'saved'
  | 'saving'
  /** There are edits that the server has not got. */
  | 'unsent'
  /** Not connected, and nothing to send. */
  | 'idle'

export type SaveTrackerOptions = {
  /** Sends a sync step 1. */
  readonly ask: () => void
  readonly onChange: (state: SaveState) => void
  /** Edits of a burst share one question. */
  readonly gatherMs: number
}

export class SaveTracker {
  readonly #options: SaveTrackerOptions
  #edits = 0
  #savedEdits = 0
  #isConnected = false
  #isSynced = false
  /** The edits that each question under way covers. */
  #questions: number[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: SaveTrackerOptions) {
    this.#options = options
  }

  get state(): SaveState {
    const isSaved = this.#savedEdits === this.#edits
    if (!this.#isConnected || !this.#isSynced) return isSaved ? 'idle' : 'unsent'
    return isSaved ? 'saved' : 'saving'
  }

  /** The document was changed here. */
  edited(): void {
    this.#edits += 1
    this.#askSoon()
    this.#changed()
  }

  /** A connection is open, and the provider asks its own first question. */
  connected(): void {
    this.#isConnected = true
    // What was typed before is sent only in answer to the server's own question.
    this.#questions = [this.#savedEdits]
    this.#changed()
  }

  disconnected(): void {
    this.#isConnected = false
    this.#isSynced = false
    this.#questions = []
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#changed()
  }

  /** A sync step 2 arrived. */
  answered(): void {
    this.#isSynced = true
    this.#savedEdits = Math.max(this.#savedEdits, this.#questions.shift() ?? 0)
    this.#askSoon()
    this.#changed()
  }

  #askSoon(): void {
    const hasNothingToAsk = this.#savedEdits === this.#edits || this.#questions.length > 0
    if (!this.#isSynced || hasNothingToAsk || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#questions.push(this.#edits)
      this.#options.ask()
    }, this.#options.gatherMs)
  }

  #changed(): void {
    this.#options.onChange(this.state)
  }
}
