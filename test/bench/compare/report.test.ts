import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatFigure, formatRatio, formatVerdicts } from '../../../bench/compare/figures.ts'
import { LATENCY_P99, SUSTAINED } from '../../../bench/compare/metrics.ts'
import { plotRows } from '../../../bench/compare/plots.ts'
import { appendRecord, readRecords, reduce, setAside } from '../../../bench/compare/record.ts'
import { renderReport } from '../../../bench/compare/render.ts'
import { tabulate } from '../../../bench/compare/statistics.ts'
import { TARGETS } from '../../../bench/compare/targets.ts'
import { WORKLOADS } from '../../../bench/compare/workloads.ts'
import { writeReport } from '../../../bench/compare/write-report.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { failed, measured, result, step, times, withP99 } from './sample-records.ts'

const report = (records: Parameters<typeof renderReport>[0]['records']) =>
  renderReport({ records, workloads: WORKLOADS, targets: TARGETS })

test('figures have three digits and ratios do not become zero', () => {
  assert.equal(formatFigure(0.01234, 'ms'), '0.012 ms')
  assert.equal(formatFigure(12.34, 'ms'), '12.3 ms')
  assert.equal(formatFigure(2_834_567.8, '/s'), '2,834,568/s')
  assert.equal(formatFigure(0, 'edits'), '0')
  assert.equal(formatFigure(undefined, 'MB'), '–')
  assert.equal(formatRatio(0.5), '0.50')
  assert.equal(formatRatio(0), '0')
  assert.equal(formatRatio(0.0042), '0.0042')
  assert.equal(formatRatio(1234), '1,234')
})

test('equal verdicts are said once, with how many runs had them', () => {
  assert.equal(formatVerdicts(['ok', 'ok', 'ok']), 'ok (3 of 3)')
  assert.equal(formatVerdicts(['ok', 'relayed nothing', 'ok']), 'ok (2 of 3); relayed nothing (1 of 3)')
})

test('the report says what was measured, on what, and where Outrigger is behind', () => {
  const text = report(
    [1, 2, 3].flatMap((repetition) => [
      measured({ target: 'outrigger', repetition }, { server: { ...serverOf(), cpuMsPerDelivery: 0.02 } }),
      measured({ target: 'hocuspocus', repetition }, { server: { ...serverOf(), cpuMsPerDelivery: 0.01 } }),
      failed({ target: 'y-websocket-2', repetition }, 'it | crashed <badly>'),
    ]),
  )
  for (const words of [
    /commit: abc/,
    /2 × A CPU, 8\.0 GiB of memory/,
    /Node: v20\.19\.0/,
    /9, of which 3 did not finish/,
  ])
    assert.match(text, words)
  assert.match(text, /\| 2\.00: behind \|/)
  assert.match(
    text,
    /\| Outrigger \(default: fsync always\) \| 20 ms \| 20 ms \| 2\.00 \| – \| ok \(3 of 3\) \|/,
  )
  assert.match(
    text,
    /\| y-websocket 2\.1 \(memory\) \| – \| – \| – \| – \| did not finish: it \\\| crashed &lt;badly>/,
  )
})

test('a figure of the generator’s is marked as such', () => {
  const { generator } = result()
  const bound = { ...generator, isBottleneck: true, why: 'a worker was busy' }
  assert.match(report([measured({ target: 'outrigger' }, { generator: bound })]), /\| 5 ms † \|/)
  const rate = { workload: 'saturation-10x10', target: 'outrigger' }
  const steps = [step(10, true), step(20, false, true)]
  assert.match(report([measured(rate, { steps })]), /\| ≥ 90\/s † \|/)
})

test('runs of several sittings are said to be such', () => {
  const first = measured({ target: 'outrigger' })
  const second = { ...measured({ target: 'hocuspocus' }), sitting: '2026-02-02T00:00:00.000Z' }
  assert.doesNotMatch(report([first]), /sittings/)
  assert.match(report([first, second]), /measured in 2 sittings/)
})

test('without data the report names the command', () => {
  assert.match(report([]), /Run `npm run bench:compare`/)
})

test('the report and one picture for each workload are written, and former pictures go', async (t) => {
  const directory = await tempDir(t)
  const places = { report: join(directory, 'RESULTS.md'), plots: join(directory, 'results') }
  const input = { workloads: WORKLOADS, targets: TARGETS }
  writeReport({ ...input, records: [measured({ target: 'outrigger', workload: 'idle' })] }, places)
  writeReport({ ...input, records: [withP99({ target: 'outrigger' }, 5)] }, places)
  assert.deepEqual(readdirSync(places.plots), ['typing-10x10-cpu-per-1000.svg'])
  const [, picture = ''] = /!\[[^\]]*\]\(([^)]+)\)/.exec(readFileSync(places.report, 'utf8')) ?? []
  assert.ok(existsSync(join(directory, picture)), picture)
})

test('a picture names each server, its figure, and why another has none', () => {
  const records = [
    withP99({ target: 'outrigger', repetition: 1 }, 2),
    withP99({ target: 'outrigger', repetition: 2 }, 4),
    withP99({ target: 'hocuspocus' }, 400),
    failed({ target: 'y-websocket-2' }, 'crashed'),
  ]
  const rows = tabulate({ metric: LATENCY_P99, records, targets: TARGETS })
  const svg = plotRows({ title: 'Typing', metric: LATENCY_P99, rows })
  for (const words of [
    'Outrigger (default: fsync always)',
    '3 ms',
    '400 ms',
    'did not finish: crashed',
    'logarithmic',
  ])
    assert.ok(svg.includes(words), words)
  assert.ok(!svg.includes('NaN'))
  for (const [tag] of svg.matchAll(/<(?!!)[^>]*>/g))
    assert.match(tag, /^<\/?[a-z]+(\s+[\w:-]+="[^"<]*")*\s*\/?>$/i, 'no browser draws a broken tag')
})

test('a picture of nothing but failures is still a picture', () => {
  const rows = tabulate({
    metric: SUSTAINED,
    records: [failed({ target: 'outrigger' }, 'crashed')],
    targets: TARGETS,
  })
  const svg = plotRows({ title: 'Typing', metric: SUSTAINED, rows })
  assert.ok(svg.startsWith('<svg') && !svg.includes('NaN') && !svg.includes('Infinity'))
})

test('of a run made again the last counts, and a line that was cut off is as good as none', async (t) => {
  const file = join(await tempDir(t), 'deep', 'compare.jsonl')
  assert.deepEqual(readRecords(file), [])
  appendRecord(file, withP99({ target: 'outrigger' }, 1))
  appendRecord(file, withP99({ target: 'hocuspocus' }, 2))
  const last = withP99({ target: 'outrigger' }, 3)
  appendRecord(file, last)
  appendFileSync(file, '{"workload":"idle","tar')
  const records = readRecords(file)
  assert.equal(records.length, 2)
  assert.deepEqual(records[0], last)
})

test('a new comparison sets the data of the last one aside', async (t) => {
  const file = join(await tempDir(t), 'compare.jsonl')
  setAside(file)
  appendRecord(file, withP99({ target: 'outrigger' }, 1))
  setAside(file)
  assert.deepEqual(readRecords(file), [])
  assert.equal(readRecords(file.replace('.jsonl', '.previous.jsonl')).length, 1)
})

test('what is kept of a run has its figures but not its course', () => {
  const whole = { ...result(), timeline: [] }
  const [group] = whole.groups
  assert.ok(group !== undefined)
  const curved = { ...group, latency: { ...times(1, 2), curve: [[50, 1]] as const } }
  const kept = reduce({ ...whole, groups: [curved] })
  assert.ok(!('timeline' in kept))
  assert.deepEqual(kept.groups[0]?.latency, times(1, 2))
})

function serverOf() {
  const { server } = result()
  assert.ok(server !== undefined)
  return server
}
