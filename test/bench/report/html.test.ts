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

test('a ramp has its ladder in front', () => {
  const page = renderReport(sampleRamp())
  const titles = [...page.matchAll(/>(Throughput and latency by rate|Latency over time|Percentiles)</g)]
  assert.equal(titles[0]?.[1], 'Throughput and latency by rate')
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
