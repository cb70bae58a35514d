import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barChart, lineChart } from '../../../bench/report/charts.ts'
import { ninesOf, percentOfNines } from '../../../bench/report/run-charts.ts'

test('a line chart is one SVG of its size with title, axes, legend and bound', () => {
  const svg = lineChart({
    title: 'A title',
    subtitle: 'in small letters',
    x: { label: 'clients', scale: 'log' },
    y: { label: 'latency', format: (value) => `${value} ms` },
    right: { label: 'CPU' },
    lines: [
      {
        name: 'p50',
        points: [
          [1, 2],
          [10, 3],
        ],
      },
      {
        name: 'load',
        isRight: true,
        points: [
          [1, 20],
          [10, 90],
        ],
      },
    ],
    marks: {
      bound: { y: 2.5, label: 'the bound' },
      events: [{ x: 5, label: 'the event' }],
      shades: [[2, 4]],
    },
    width: 500,
    height: 300,
  })
  assert.match(svg, /^<svg width="500" height="300"/)
  for (const text of [
    'A title',
    'in small letters',
    'clients',
    'latency',
    'CPU',
    'p50',
    'load',
    'the bound',
    'the event',
    '3 ms',
  ])
    assert.ok(svg.includes(`>${text}<`), text)
  assert.match(svg, /fill="#7b8794"/)
  assert.ok(!/NaN|Infinity|undefined/.test(svg))
})

test('where nothing was measured the line is interrupted, and a point alone is a dot', () => {
  const of = (values: (number | undefined)[]): string =>
    lineChart({
      title: 't',
      x: { label: 'x' },
      y: { label: 'y' },
      lines: [{ name: 'l', points: values.map((value, index) => [index, value]) }],
    })
  // The pieces of a course: one path may move its pen several times.
  const pieces = (svg: string): number =>
    [...svg.matchAll(/<path d="([^"]*)" fill="none"[^>]*stroke="#0072b2"/g)]
      .map(([, path = '']) => [...path.matchAll(/M/g)].length)
      .reduce((sum, count) => sum + count, 0)
  const dots = (svg: string): number => [...svg.matchAll(/<path d="M1 0A1 1/g)].length
  assert.equal(pieces(of([1, 2, 3, 4, 5])), 1)
  assert.equal(pieces(of([1, 2, undefined, 4, 5])), 2)
  assert.equal(dots(of([1, 2, undefined, 4, 5])), 0)
  assert.equal(dots(of([1, 2, undefined, 4, undefined, 6, 7])), 1)
})

test('the value of a dot stands beside it, in the words of its axis', () => {
  const svg = lineChart({
    title: 't',
    x: { label: 'x', scale: 'log', base: 2 },
    y: { label: 'y', format: (value) => `${value} units` },
    lines: [
      {
        name: 'l',
        hasDots: true,
        hasValues: true,
        points: [
          [16, 7],
          [64, 13],
        ],
      },
    ],
  })
  for (const text of ['7 units', '13 units', '16', '32', '64']) assert.ok(svg.includes(`>${text}<`), text)
})

test('points that a logarithm cannot show are left out', () => {
  const of = (points: [number, number][]): string =>
    lineChart({
      title: 't',
      x: { label: 'x', scale: 'log' },
      y: { label: 'y', scale: 'log' },
      lines: [{ name: 'l', points }],
    })
  const plain = of([
    [1, 1],
    [10, 10],
  ])
  const strip = (svg: string): string => svg.replaceAll(/zr\d+|cls-\d+/g, 'id')
  assert.equal(
    strip(
      of([
        [0, 5],
        [1, 1],
        [5, 0],
        [10, 10],
      ]),
    ),
    strip(plain),
  )
  assert.ok(!/NaN|Infinity/.test(of([])))
})

test('a bar chart has a bar for each value, and none where there is no value', () => {
  const bars = (values: (number | undefined)[]): number => {
    const svg = barChart({
      title: 't',
      categories: ['a', 'b', 'c'],
      series: [{ name: 's', values }],
      value: { label: 'v' },
    })
    return [...svg.matchAll(/fill="#0072b2"/g)].length
  }
  assert.equal(bars([1, 2, 3]), 3)
  assert.equal(bars([1, undefined, 3]), 2)
})

test('percentiles are placed by their nines', () => {
  for (const [percentile, nines] of [
    [0, 0],
    [90, 1],
    [99, 2],
    [99.9, 3],
    [99.99, 4],
    [100, 5],
  ] as const)
    assert.ok(Math.abs(ninesOf(percentile) - nines) < 1e-9, `${percentile}`)
  assert.deepEqual([0, 1, 2, 3, 4, 5].map(percentOfNines), [
    '0 %',
    '90 %',
    '99 %',
    '99.9 %',
    '99.99 %',
    '99.999 %',
  ])
})
