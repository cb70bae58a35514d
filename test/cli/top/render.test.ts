import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { topFigures } from '../../../src/cli/top/figures.ts'
import { type TopView, renderTop } from '../../../src/cli/top/render.ts'
import type { ActivityAnswer } from '../../../src/http/routes/rooms.ts'
import { cellWidth } from '../../../src/lib/terminal-text.ts'
import { sampleAnswer, sampleRoom } from './samples.ts'

const seed = Number(process.env['FC_SEED'] ?? 20_261_124)
const VIEW: TopView = {
  url: 'http://127.0.0.1:8890/',
  sort: 'r',
  columns: 120,
  rows: 40,
  isColored: false,
  isInteractive: true,
}

function picture(view: Partial<TopView> = {}, after: Partial<ActivityAnswer> = {}): string[] {
  const rooms = [
    sampleRoom('lobby', { people: 9, edits: 10, sentBytes: 1000 }),
    sampleRoom('busy.ipynb', { people: 2, edits: 40, deliveries: 80, lagging: 1 }),
    sampleRoom('large.ipynb', { people: 3, stateBytes: 5 * 2 ** 20, pendingBytes: 2048 }),
  ]
  const before = sampleAnswer(10, 100, { rooms: rooms.map((room) => ({ ...room, edits: 0, deliveries: 0 })) })
  return renderTop(topFigures(sampleAnswer(12, 140, { rooms, ...after }), before), { ...VIEW, ...view })
}

function namesIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^(lobby|busy|large)/.exec(line)?.[1] ?? [])
}

test('a picture says how the server is, and lists the rooms', () => {
  const text = picture().join('\n')
  for (const part of [
    'Outrigger 1.2.3   http://127.0.0.1:8890/   up 12s   ready',
    'People 2 in 3 tabs   4 connections   0 lagging   Rooms 0 loading, 2 open, 1 idle, 0 closing',
    'Edits 20/s in   20/s out',
    'Commits 20/s   p50 4.',
    '1 records each   Store writable   0 B pending',
    'CPU 20 %   Event loop busy 10 %   late p99 2.0 ms, max 3.0 ms   Memory 100 MB   heap 40 MB of 2.0 GB',
    'r rate   p people   m memory   l lagging   q quit',
  ])
    assert.ok(text.includes(part), `${part} in\n${text}`)
  assert.match(text, /^busy\.ipynb +2 +20 +1 +40 +1\.0 KB +4s +0 +0 B$/m)
  assert.match(text, /^large\.ipynb +3 +0 +0 +0 +5\.0 MB +4s +0 +2\.0 KB$/m)
})

for (const [sort, order] of [
  ['r', ['busy', 'lobby', 'large']],
  ['p', ['lobby', 'large', 'busy']],
  ['m', ['large', 'busy', 'lobby']],
  ['l', ['busy', 'lobby', 'large']],
] as const) {
  test(`the key ${sort} sorts ${order.join(', ')}, and the head says by what`, () => {
    const lines = picture({ sort })
    assert.deepEqual(namesIn(lines), order)
    const marked = { r: 'EDITS/S*', p: 'PEOPLE*', m: 'SIZE*', l: 'LAG*' }
    assert.ok(lines.some((line) => line.startsWith('ROOM') && line.includes(marked[sort])))
  })
}

test('a store that cannot write and a server that is not ready are said, in red', () => {
  const lines = picture(
    { isColored: true },
    { isStoreWritable: false, readiness: { ready: false, reasons: ['store'] } },
  )
  const red = lines.filter((line) => line.startsWith('\u001b[31m')).map(stripVTControlCharacters)
  assert.equal(red.length, 2)
  assert.match(red[0] ?? '', /not ready: store$/)
  assert.match(red[1] ?? '', /Store CANNOT WRITE/)
})

test('without color there is no escape sequence at all', () => {
  assert.ok(picture().every((line) => !line.includes('\u001b')))
  assert.ok(picture({ isColored: true }).some((line) => line.includes('\u001b[7m')))
})

test('a low terminal shows the first rooms and how many more there are', () => {
  const rows = picture().length - 1
  const lines = picture({ rows })
  assert.equal(lines.length, rows)
  assert.deepEqual(namesIn(lines), ['busy'])
  assert.equal(lines.at(-2), 'and 2 more')
})

test('a narrow terminal keeps the name and the columns that fit', () => {
  const head = picture({ columns: 40, rows: 60 }).find((line) => line.startsWith('ROOM'))
  assert.equal(head?.trimEnd(), 'ROOM              PEOPLE  EDITS/S*   LAG')
})

test('rooms whose names may not be shown are told apart by their aliases', () => {
  const rooms = [sampleRoom('x', { name: undefined, key: 'AbCdEfGh' })]
  const text = picture({}, { rooms, areNamesShown: false }).join('\n')
  assert.match(text, /^\(AbCdEfGh\) /m)
  assert.match(text, /give --token or --data/)
})

test('what is wrong stands above the last picture, which stays', () => {
  const lines = picture({ trouble: 'Trying again: no server answers.' })
  assert.equal(lines[0], 'Trying again: no server answers.')
  assert.deepEqual(namesIn(lines), ['busy', 'lobby', 'large'])
  const first = renderTop(undefined, { ...VIEW, trouble: 'Waiting.' })
  assert.deepEqual(first, ['Waiting.', 'r rate   p people   m memory   l lagging   q quit'])
})

test('a name cannot command the terminal, and wide letters keep the columns in line', () => {
  const rooms = [
    sampleRoom('evil\u001b]0;owned\u0007\r\nroot', { key: 'a' }),
    sampleRoom('実験ノート実験ノート.ipynb', { key: 'b' }),
    sampleRoom('plain', { key: 'c' }),
  ]
  const lines = picture({ columns: 60, rows: 60 }, { rooms }).slice(-4, -1)
  assert.ok(lines.every((line) => !/[\p{Cc}]/u.test(line)))
  assert.deepEqual(new Set(lines.map(cellWidth)), new Set([60]))
})

test('whatever the size, nothing is wider or higher than the terminal', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  const sizes = fc.record({
    columns: fc.integer({ min: 1, max: 200 }),
    rows: fc.integer({ min: 1, max: 60 }),
    isColored: fc.boolean(),
    isInteractive: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(name, { maxLength: 30 }), sizes, (names, view) => {
      const rooms = names.map((one, at) => sampleRoom(one, { key: String(at), edits: at }))
      const lines = picture(view, { rooms, roomCount: rooms.length })
      assert.ok(lines.length <= view.rows)
      for (const line of lines) assert.ok(cellWidth(stripVTControlCharacters(line)) <= view.columns, line)
    }),
    { seed },
  )
})
