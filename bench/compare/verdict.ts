/** Whether a run says how fast a server is, or that it does not work. */
import type { KeptResult } from './metrics.ts'
import type { RunRecord } from './record.ts'

export type Verdict = {
  /** False: its figures are not to be shown as speed. */
  readonly isCounted: boolean
  /** For the column "verification". */
  readonly words: string
}

const MOST_WORDS = 120

export function judge(record: RunRecord): Verdict {
  if (record.outcome.kind === 'failed') return refused(`did not finish: ${record.outcome.why}`)
  const { result } = record.outcome
  const delivered = result.groups.reduce((sum, { deliveries }) => sum + deliveries, 0)
  const expected = result.groups.reduce((sum, { deliveriesExpected }) => sum + deliveriesExpected, 0)
  if (expected > 0 && delivered === 0) return refused('relayed nothing')
  if (result.scenario.kill !== undefined) return judgeKill(result)
  if (result.scenario.ramp !== undefined) return judgeRamp(result)
  if (!result.verification.isOk) return refused(result.verification.failures[0] ?? 'verification failed')
  if (delivered < expected)
    return refused(`${count(expected - delivered)} of ${count(expected)} deliveries missing`)
  return { isCounted: true, words: 'ok' }
}

/** Loss is the figure here, so that a server that loses is counted. */
function judgeKill({ kill }: KeptResult): Verdict {
  if (kill === undefined) return refused('was not killed')
  if (kill.seen === 0) return refused('nothing was seen before the kill')
  if (kill.lost === 0) return { isCounted: true, words: 'nothing lost' }
  return { isCounted: true, words: `lost ${count(kill.lost)} of ${count(kill.seen)}` }
}

/** What the last, too fast step left behind is no loss at the rate below it, but it is told. */
function judgeRamp({ steps, verification }: KeptResult): Verdict {
  const failure = verification.isOk ? undefined : (verification.failures[0] ?? 'verification failed')
  if (!steps.some(({ isSustained }) => isSustained)) {
    return refused(
      `did not keep up with the first step: ${failure ?? steps[0]?.why ?? 'nothing was measured'}`,
    )
  }
  if (failure === undefined) return { isCounted: true, words: 'ok' }
  if (steps.at(-1)?.isSustained ?? false) return refused(failure)
  return { isCounted: true, words: shortened(`ok; above that rate: ${failure}`) }
}

function refused(words: string): Verdict {
  return { isCounted: false, words: shortened(words) }
}

function shortened(words: string): string {
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS - 1)}…` : words
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
