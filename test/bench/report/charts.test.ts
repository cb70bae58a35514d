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
    bound: { y: 2.5, label: 'the bound' },
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
    '3 ms',
  ])
    assert.ok(svg.includes(`>${text}<`), text)
  assert.ok(!/NaN|Infinity|undefined/.test(svg))
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
