/**
 * Metrics of prom-client whose values are read where they are kept, at the moment of a scrape.
 * Counting in prom-client itself costs a look-up of labels and, for a histogram, a walk over an
 * object: too much for what happens at every edit.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Distribution } from './distribution.ts'
import { METRICS, type MetricName, type MetricRow, type NamesOf } from './metric-table.ts'

/** The values of a metric's only label. */
type ByLabel<Value> = Readonly<Record<string, Value>>

export function scrapedCounter(registry: Registry, name: NamesOf<'counter'>, read: () => number): void {
  const counter: Counter = new Counter({
    ...metricSettings(registry, name),
    collect: () => {
      counter.reset()
      counter.inc(read())
    },
  })
}

export function scrapedCounters(registry: Registry, name: NamesOf<'counter'>, values: ByLabel<number>): void {
  const label = onlyLabel(name)
  const counter: Counter = new Counter({
    ...metricSettings(registry, name),
    collect: () => {
      counter.reset()
      for (const [value, count] of Object.entries(values)) counter.inc({ [label]: value }, count)
    },
  })
}

export function scrapedGauge(registry: Registry, name: NamesOf<'gauge'>, read: () => number): void {
  const gauge: Gauge = new Gauge({ ...metricSettings(registry, name), collect: () => gauge.set(read()) })
}

export function scrapedHistogram(
  registry: Registry,
  name: NamesOf<'histogram'>,
  distribution: Distribution,
): void {
  registry.registerMetric(new ScrapedHistogram(name, [{ labels: {}, distribution }]))
}

export function scrapedHistograms(
  registry: Registry,
  name: NamesOf<'histogram'>,
  distributions: ByLabel<Distribution>,
): void {
  const label = onlyLabel(name)
  const series = Object.entries(distributions).map(([value, distribution]) => ({
    labels: { [label]: value },
    distribution,
  }))
  registry.registerMetric(new ScrapedHistogram(name, series))
}

type Series = { readonly labels: Record<string, string>; readonly distribution: Distribution }
type Reading = Awaited<ReturnType<Histogram['get']>>

class ScrapedHistogram extends Histogram {
  readonly #name: NamesOf<'histogram'>
  readonly #series: readonly Series[]

  constructor(name: NamesOf<'histogram'>, series: readonly Series[]) {
    const { help, labels } = METRICS[name]
    super({ name, help, labelNames: [...labels], registers: [] })
    this.#name = name
    this.#series = series
  }

  override async get(): Promise<Reading> {
    const { help } = METRICS[this.#name]
    const values = this.#series.flatMap((series) => samplesOf(this.#name, series))
    // The type wants prom-client's own enumeration of metric types; the value is this text.
    return { name: this.#name, help, type: 'histogram', values, aggregator: 'sum' } as unknown as Reading
  }

  /** What prom-client asks for the text, where it is there; the same, with shared labels apart. */
  async getForPromString(): Promise<Reading> {
    return await this.get()
  }
}

function samplesOf(name: string, { labels, distribution }: Series): Reading['values'] {
  const { count } = distribution
  const buckets = [
    ...distribution.atMost().map(({ bound, count: upTo }) => ({ le: bound as number | string, upTo })),
    { le: '+Inf', upTo: count },
  ]
  return [
    ...buckets.map(({ le, upTo }) => ({
      labels: { le, ...labels },
      value: upTo,
      metricName: `${name}_bucket`,
    })),
    { labels, value: distribution.sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ]
}

/** What every metric of the table is made with. */
export function metricSettings(registry: Registry, name: MetricName) {
  const { help, labels } = METRICS[name]
  return { name, help, labelNames: [...labels], registers: [registry] }
}

function onlyLabel(name: MetricName): string {
  const { labels }: MetricRow = METRICS[name]
  return labels[0] ?? ''
}
