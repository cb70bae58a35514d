import { Gauge, type Registry } from 'prom-client'
import { type DelayWindow, type LoopDelay, NO_DELAY } from './delay-window.ts'

/** As prom-client's own collector names them. */
const NAMES = {
  meanMs: 'nodejs_eventloop_lag_mean_seconds',
  minMs: 'nodejs_eventloop_lag_min_seconds',
  maxMs: 'nodejs_eventloop_lag_max_seconds',
  stddevMs: 'nodejs_eventloop_lag_stddev_seconds',
  p50Ms: 'nodejs_eventloop_lag_p50_seconds',
  p90Ms: 'nodejs_eventloop_lag_p90_seconds',
  p99Ms: 'nodejs_eventloop_lag_p99_seconds',
} as const satisfies Record<keyof LoopDelay, string>
const AT_SCRAPE = 'nodejs_eventloop_lag_seconds'

/**
 * Takes the place of prom-client's figures of the event loop in this registry: the same names, from
 * our own sampling. A delay of 0 is on time; prom-client's figures hold the sampling interval, too.
 */
export function registerLoopDelay(registry: Registry, delays: DelayWindow): void {
  for (const name of [AT_SCRAPE, ...Object.values(NAMES)]) registry.removeSingleMetric(name)
  const atScrape: Gauge = new Gauge({
    name: AT_SCRAPE,
    help: 'How late the event loop was, on average since the last scrape.',
    registers: [registry],
    // Ahead of the others, because a scrape asks in the order of registration.
    collect: () => {
      const delay = delays.take() ?? NO_DELAY
      atScrape.set(delay.meanMs / 1000)
      for (const { key, gauge } of gauges) gauge.set(delay[key] / 1000)
    },
  })
  const gauges = Object.entries(NAMES).map(([key, name]) => ({
    key: key as keyof LoopDelay,
    gauge: new Gauge({ name, help: helpFor(name), registers: [registry] }),
  }))
}

function helpFor(name: string): string {
  const [, which] = /lag_(.*)_seconds/.exec(name) ?? []
  return `How late the event loop was since the last scrape: ${which}.`
}
