import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderReport } from '../../../bench/report/html.ts'
import { maskCommand } from '../../../bench/report/secrets.ts'
import { sampleRamp, sampleResult } from '../support/sample-result.ts'

const EVIL = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&`

test('the page has the tables, the plots, the scenario and the command, and loads nothing', () => {
  const page = renderReport(sampleResult(), 'outrigger bench --rooms 2')
  assert.equal([...page.matchAll(/<svg/g)].length, 4)
  for (const part of [
    'Latency over time',
    'Percentiles',
    'Rate over time',
    'CPU and memory of the server',
    'PASS',
  ])
    assert.ok(page.includes(part), part)
  assert.ok(page.includes('<code>outrigger bench --rooms 2</code>'))
  assert.ok(page.includes('&quot;forSeconds&quot;: 10'))
  assert.match(page, /content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'"/)
  // Names of XML namespaces are the only addresses.
  const addresses = [...page.matchAll(/(?:https?:)?\/\/[^"'\s<)]+/g)].map(([text]) => text)
  assert.deepEqual(
    addresses.filter(
      (text) => !text.startsWith('http://www.w3.org/') && !text.startsWith('//127.0.0.1:1234'),
    ),
    [],
  )
  assert.ok(
    !/<(script|link|img|iframe)|\s(src|href)=|@import|url\(/i.test(page.replaceAll(/url\(#[\w-]+\)/g, '')),
  )
})

test('a ramp has its ladder in front: the throughput and the latency of each rate', () => {
  const page = renderReport(sampleRamp())
  const titles = [...page.matchAll(/>((?:Throughput|Latency) (?:by rate|over time))</g)].map(
    ([, title]) => title,
  )
  assert.deepEqual(titles, ['Throughput by rate', 'Latency by rate', 'Latency over time'])
  for (const text of ['10.8K', '240 ms', 'bound 100 ms']) assert.ok(page.includes(`>${text}<`), text)
  assert.ok(!renderReport({ ...sampleRamp(), steps: [] }).includes('by rate<'))
})

test('nothing that comes from outside becomes markup', () => {
  const plain = sampleResult()
  const [group] = plain.groups
  assert.ok(group !== undefined)
  const page = renderReport(
    {
      ...plain,
      scenario: {
        ...plain.scenario,
        name: EVIL,
        groups: plain.scenario.groups.map((one) => ({ ...one, name: EVIL })),
      },
      // Two groups, so that their names are in the legends of the plots.
      groups: [
        { ...group, name: EVIL },
        { ...group, name: `${EVIL}2` },
      ],
      machine: { ...plain.machine, model: EVIL },
      errors: { [EVIL]: 1 },
      verification: { ...plain.verification, failures: [EVIL], isOk: false },
      isPass: false,
    },
    EVIL,
  )
  assert.ok(!/<script|<img/i.test(page))
})

test('a failure is marked as one', () => {
  const page = renderReport(
    sampleResult({ isPass: false, verification: { ...sampleResult().verification, isOk: false } }),
  )
  assert.match(page, /<p class="verdict failed">FAIL: verification failed<\/p>/)
})

test("the load tool's limit stands beside the verdict, and only where it was reached", () => {
  const { generator } = sampleResult()
  const why = 'a load worker was busy 99 % of the time'
  const page = renderReport(sampleResult({ generator: { ...generator, isBottleneck: true, why } }))
  assert.ok(page.indexOf(`The load tool was the bottleneck: ${why}`) < page.indexOf('<svg'))
  assert.ok(!renderReport(sampleResult()).includes('The load tool was the bottleneck'))
})

test('plots show what was done to the server and which time is not measured', () => {
  const plain = sampleResult()
  const page = renderReport({
    ...plain,
    scenario: {
      ...plain.scenario,
      forSeconds: 8,
      kill: { after: 'start', seconds: 5 },
      dropAllAfterSeconds: 7,
    },
  })
  for (const [label, times] of [
    ['>kill -9<', 3],
    ['>all cut<', 3],
    // Warm-up and drain in each of the three plots over time.
    ['fill="#7b8794"', 6],
  ] as const)
    assert.equal(page.split(`${label}`).length - 1, times, label)
  assert.ok(!renderReport(sampleRamp()).includes('fill="#7b8794"'), 'each step has a warm-up of its own')
})

test('no latency is drawn through an outage', () => {
  const plain = sampleResult()
  const svgs = [
    plain.timeline,
    plain.timeline.map((point, index) =>
      index >= 10 && index < 16 ? { ...point, deliveriesPerSecond: 0, p50Ms: 0, p99Ms: 0 } : point,
    ),
  ].map((timeline) => renderReport({ ...plain, timeline }).match(/<svg[^]*?<\/svg>/)?.[0] ?? '')
  const pieces = svgs.map((svg) =>
    [
      ...svg.matchAll(/<path d="([^"]*)" fill="none"[^>]*stroke="#(?:0072b2|d55e00)"[^>]*stroke-linejoin/g),
    ].map(([, path = '']) => path.split('M').length - 1),
  )
  assert.deepEqual(pieces, [
    [1, 1],
    [2, 2],
  ])
})

test('a run without deliveries has a page, too', () => {
  const page = renderReport(sampleResult({ timeline: [], groups: [], steps: [], isPass: false }))
  assert.match(page, /FAIL: nothing was measured/)
  assert.equal([...page.matchAll(/<svg/g)].length, 0)
})

test('credentials are in no report', () => {
  const plain = sampleResult()
  const url = 'ws://ada:hush@127.0.0.1:1234/{room}?a=1&token=hush'
  const page = renderReport({
    ...plain,
    scenario: { ...plain.scenario, token: 'hush', cookie: 'id=hush', url },
  })
  assert.ok(!page.includes('hush'))
  const command = maskCommand(['--token', 'hush', '--cookie=hush', '--url', url, '--start', "it's; rm"])
  assert.ok(!command.includes('hush'), command)
  assert.match(command, /^outrigger bench --token … --cookie=… --url /)
  assert.ok(command.endsWith(String.raw`--start 'it'\''s; rm'`), command)
})
