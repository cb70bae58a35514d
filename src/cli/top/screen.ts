/**
 * A whole terminal for one picture that changes: the alternate screen, so that what was there before
 * comes back, and single keys without Enter.
 */
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

export type ScreenOptions = {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly onKey: (key: string) => void
  readonly onResize: () => void
}

export class Screen {
  readonly #options: ScreenOptions
  readonly #onData: (data: Buffer) => void
  /** Also when the process is ended in the middle: a terminal without echo is of no use to anybody. */
  readonly #onExit = (): void => this.close()
  #isOpen = false

  constructor(options: ScreenOptions) {
    this.#options = options
    this.#onData = (data) => {
      const text = data.toString('latin1')
      // A longer sequence is an arrow, or something pasted.
      if (text.length === 1) options.onKey(text)
    }
  }

  get columns(): number {
    return Math.max(1, this.#options.output.columns || 80)
  }

  get rows(): number {
    return Math.max(1, this.#options.output.rows || 24)
  }

  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    const { input, output, onResize } = this.#options
    process.once('exit', this.#onExit)
    output.on('resize', onResize)
    output.write(ENTER)
    if (!input.isTTY) return
    input.setRawMode(true)
    input.on('data', this.#onData)
    input.resume()
  }

  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return
    const text = lines.map((line) => `${line}${CLEAR_LINE}`).join('\r\n')
    this.#options.output.write(`${HOME}${text}${CLEAR_BELOW}`)
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const { input, output, onResize } = this.#options
    process.off('exit', this.#onExit)
    output.off('resize', onResize)
    if (input.isTTY) {
      input.off('data', this.#onData)
      input.setRawMode(false)
      input.pause()
    }
    output.write(LEAVE)
  }
}
