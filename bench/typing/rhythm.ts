/**
 * When keys are hit. Times are counted in mean gaps between keys, so that one rhythm serves any rate
 * and goes on from step to step: n gaps after the start, n keys have been hit on average.
 */
import type { TypingStyle } from '../plan/scenario.ts'
import { logNormal, type Random } from './random.ts'

/** Keys in a burst, on average; a pause follows. */
const BURST_KEYS = 30
const BURST_SIGMA = 0.8
/** Within a burst people are this much faster than on average, the rest of the time they think. */
const GAP_IN_BURST = 0.62
const GAP_SIGMA = 0.5

/** Rising, from 0 on, without end. People do not start together: `random` decides the phase. */
export function keyTimes(style: TypingStyle, random: Random): Generator<number, never> {
  return style === 'steady' ? steadyTimes(random) : humanTimes(random)
}

function* steadyTimes(random: Random): Generator<number, never> {
  const phase = random.next()
  for (let i = 0; ; i += 1) yield phase + i
}

/**
 * Bursts and pauses. A burst of n keys and the pause behind it take n gaps: so the average is met
 * after each pause and does not wander off as sums of random gaps do.
 */
function* humanTimes(random: Random): Generator<number, never> {
  let start = -random.next() * 2 * BURST_KEYS
  let at = start
  for (;;) {
    const keys = Math.max(1, Math.round(logNormal(random, BURST_KEYS, BURST_SIGMA)))
    at = Math.max(at, start)
    for (let i = 0; i < keys; i += 1) {
      at += logNormal(random, GAP_IN_BURST, GAP_SIGMA)
      if (at >= 0) yield at
    }
    start += keys
  }
}
