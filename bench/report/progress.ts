/** What a person sees while a run goes on: a bar on a terminal, now and then a line elsewhere. */
import { Presets, SingleBar } from 'cli-progress'
import type { Phase, Progress } from '../progress.ts'
import type { TimelinePoint } from '../result.ts'
import { formatCount, formatMs, formatRate } from './format.ts'

export type ProgressView = {
  show(progress: Progress): void
  /** Takes the bar off the terminal; idempotent. */
  end(): void
}

/** A part of `process.stderr`, so that tests can give their own. */
export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean | undefined }

/** Share of a run that is behind it when a phase begins; most of the time goes to the load. */
const BEGINS: Readonly<Record<Phase, number>> = {
  start: 0,
  documents: 0.01,
  connect: 0.05,
  load: 0.1,
  drain: 0.9,
  verify: 0.93,
}
const ENDS: Readonly<Record<Phase, number>> = {
  start: 0.01,
  documents: 0.05,
  connect: 0.1,
  load: 0.9,
  drain: 0.93,
  verify: 1,
}
const LINE_EVERY_MS = 5000
const STEPS = 1000

export function createProgress(options: {
  readonly stream: ProgressStream
  readonly isQuiet: boolean
  /** Before each line, where several runs follow each other. */
  readonly title?: string | undefined
  readonly nowMs?: (() => number) | undefined
}): ProgressView {
  const { stream, isQuiet, title = '', nowMs = () => performance.now() } = options
  if (isQuiet) return { show() {}, end() {} }
  return stream.isTTY === true ? new Bar(stream, title) : new Lines(stream, title, nowMs)
}

/** Of a whole run, 0 to 1; a ramp enters its phases again and again. */
export function overallShare({ phase, done }: Progress): number {
  return BEGINS[phase] + (ENDS[phase] - BEGINS[phase]) * Math.min(1, Math.max(0, done))
}

/** Errors are counted from the beginning, since a half second is too short to be read. */
class Totals {
  #errors = 0
  #last: TimelinePoint | undefined

  add(point: TimelinePoint | undefined): string {
    if (point !== undefined) {
      this.#errors += point.errors
      this.#last = point
    }
    if (this.#last === undefined) return ''
    const { editsPerSecond, deliveriesPerSecond, p50Ms, p99Ms } = this.#last
    return [
      `${formatRate(editsPerSecond)} edits`,
      `${formatRate(deliveriesPerSecond)} deliveries`,
      `p50 ${formatMs(p50Ms)}`,
      `p99 ${formatMs(p99Ms)}`,
      `${formatCount(this.#errors)} errors`,
    ].join(', ')
  }
}

class Bar implements ProgressView {
  readonly #bar: SingleBar
  readonly #title: string
  readonly #totals = new Totals()
  #isStarted = false
  #share = 0

  constructor(stream: ProgressStream, title: string) {
    this.#title = title === '' ? '' : `${title} `
    this.#bar = new SingleBar(
      {
        stream,
        format: '{title}{bar} {percentage} % {phase} {live}',
        barsize: 20,
        clearOnComplete: true,
        hideCursor: true,
        // We stop it ourselves on every way out, and Ctrl+C has a handler that prints a summary.
        gracefulExit: false,
        linewrap: false,
      },
      Presets.shades_classic,
    )
  }

  show(progress: Progress): void {
    // Later steps of a ramp begin again at `load`; the bar does not go back.
    this.#share = Math.max(this.#share, overallShare(progress))
    const payload = {
      title: this.#title,
      phase: progress.note ?? progress.phase,
      live: this.#totals.add(progress.point),
    }
    if (this.#isStarted) this.#bar.update(Math.round(this.#share * STEPS), payload)
    else this.#bar.start(STEPS, Math.round(this.#share * STEPS), payload)
    this.#isStarted = true
  }

  end(): void {
    if (this.#isStarted) this.#bar.stop()
    this.#isStarted = false
  }
}

class Lines implements ProgressView {
  readonly #stream: ProgressStream
  readonly #title: string
  readonly #nowMs: () => number
  readonly #totals = new Totals()
  #lastAt = Number.NEGATIVE_INFINITY

  constructor(stream: ProgressStream, title: string, nowMs: () => number) {
    this.#stream = stream
    this.#title = title === '' ? '' : `${title}: `
    this.#nowMs = nowMs
  }

  show(progress: Progress): void {
    const live = this.#totals.add(progress.point)
    const at = this.#nowMs()
    if (at - this.#lastAt < LINE_EVERY_MS) return
    this.#lastAt = at
    const percent = Math.round(overallShare(progress) * 100)
    const what = `${this.#title}${progress.note ?? progress.phase} ${percent} %`
    this.#stream.write(live === '' ? `${what}\n` : `${what}: ${live}\n`)
  }

  end(): void {}
}
