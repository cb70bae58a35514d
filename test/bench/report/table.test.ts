import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderSummary } from '../../../bench/report/table.ts'
import { GROUP, sampleRamp, sampleResult, step, times } from '../support/sample-result.ts'

test('the summary tells the load, the times, the server, the load tool and the verification', () => {
  const text = renderSummary(sampleResult())
  for (const part of [
    'custom · y-websocket · 10 s after 2 s of warm-up · 1 worker · seed 1',
    'typing: 1 room of 10, 10 writers at 15 keys/s (steady), empty documents',
    'Node 20.19.0 · 2 × A CPU · 8.00 GB · linux x64',
    'Server, process 4242',
    '12.3 µs',
    '99.0 MB',
    'It was not the bottleneck.',
    '11 clients of 1 room and 1,800 edits were compared: all converged, nothing is missing.',
  ])
    assert.ok(text.includes(part), `${part} in\n${text}`)
  assert.match(text, /^ {2}edits +13,500 +2\.00 ms +\d/m)
  assert.match(text, /^ {2}presence +1,000 +4\.00 ms/m)
  assert.match(text, /\nPASS\n$/)
  assert.ok(!text.includes('outputs'), 'what was not measured is not told')
})

test('groups are told apart when there are several', () => {
  const groups = [
    { ...GROUP, name: 'storm', allJoinedMs: 1234 },
    { ...GROUP, name: 'bystander' },
  ]
  const text = renderSummary(sampleResult({ groups }))
  assert.match(text, /^ {2}storm: edits +13,500/m)
  assert.match(text, /^ {2}bystander: edits +13,500/m)
  assert.match(text, /storm: all had joined 1\.23 s after the first began\./)
})

test('a failed verification says so in words, with each failure, and FAIL is the last line', () => {
  const failures = ['room a: client 3 lacks 2 edits', 'and 7 more']
  const verification = { isOk: false, rooms: 1, clients: 11, editsChecked: 9, failures }
  const text = renderSummary(sampleResult({ verification, isPass: false }))
  for (const part of ['FAILED. 11 clients', ...failures]) assert.ok(text.includes(part), part)
  assert.match(text, /\nFAIL: verification failed\n$/)
})

test('what did not arrive in time is the reason of a failure', () => {
  const steps = [{ ...step(15, false), why: '7 deliveries were still missing when patience ended' }]
  assert.match(
    renderSummary(sampleResult({ steps, isPass: false })),
    /\nFAIL: 7 deliveries were still missing/,
  )
})

test('a ramp is a ladder, and the highest sustained rate is named', () => {
  const text = renderSummary(sampleRamp())
  const rates = [...text.matchAll(/^ {2}([\d.]+) keys\/s/gm)].map(([, rate]) => Number(rate))
  assert.deepEqual(rates, [15, 30, 60, 84.85, 120])
  assert.match(text, /Highest sustained: 60 keys\/s of each writer, 5,400 \/s deliveries\./)
  assert.match(text, /p99 240\.0 ms is above 100 ms/)
})

test("a ramp's CPU is that of the rate that was sustained, and its times say what they mix", () => {
  const text = renderSummary(sampleRamp())
  assert.match(text, /^ {2}60 % of a core/m)
  assert.match(text, /CPU: at 60 keys\/s\./)
  assert.match(text, /Of all rates tried, those that were not sustained included\./)
  assert.ok(!renderSummary(sampleResult()).includes('rates tried'))
})

test('the CPU of a server that was replaced in the measured time is not made up', () => {
  const kill = { seen: 1000, lost: 0, sent: 1100, sentLost: 0, backAfterMs: 812 }
  const text = renderSummary(
    sampleResult({ kill, steps: [{ ...step(15, true), serverCpuShare: undefined }] }),
  )
  assert.match(text, /^ {2}unknown /m)
  assert.match(text, /A restarted server is another process: CPU in all is of the last one alone\./)
})

test('a server with a reason of its own for each connection cannot flood the summary', () => {
  const errors = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`closed 4000: reason ${index}.`, 500 - index]),
  )
  const text = renderSummary(sampleResult({ errors }))
  assert.equal([...text.matchAll(/closed 4000/g)].length, 20)
  assert.ok(text.includes('reason 0.') && !text.includes('reason 20.'), 'the most frequent ones are told')
  assert.match(text, /480 other texts +115,440/)
})

test('a run in which the load tool was the bottleneck says so', () => {
  const generator = {
    workers: [{ cpuShare: 0.99, loopShare: 0.97 }],
    lag: times(12),
    isBottleneck: true,
    why: 'a load worker was busy 99 % of the time',
  }
  const text = renderSummary(sampleResult({ generator }))
  assert.match(text, /THE LOAD TOOL WAS THE BOTTLENECK: a load worker was busy 99 %/)
})

test('a kill tells what was lost of what had been seen', () => {
  const kill = { seen: 1000, lost: 3, sent: 1100, sentLost: 9, backAfterMs: 812 }
  const text = renderSummary(sampleResult({ kill, isPass: false }))
  assert.match(text, /seen by somebody else +1,000 +3/)
  assert.match(text, /sent +1,100 +9/)
  assert.match(text, /back after 812 ms/)
  assert.match(text, /\nFAIL: 3 edits that somebody had seen lost\n$/)
})

test('texts of the server cannot steer the terminal', () => {
  const text = renderSummary(sampleResult({ errors: { 'closed 1011 \u001b[31m\u001b]0;x\u0007\r\nred': 4 } }))
  assert.match(text, /closed 1011 +red +4/)
  assert.ok(!['\u001b', '\u0007', '\r'].some((char) => text.includes(char)))
})
