import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cellWidth, fitCells, printable } from '../../src/lib/terminal-text.ts'

const seed = Number(process.env['FC_SEED'] ?? 20_261_124)

for (const [text, width] of [
  ['', 0],
  ['notes.ipynb', 11],
  ['naïve', 5],
  ['nai\u0308ve', 5],
  ['実験ノート', 10],
  ['한글', 4],
  ['ｶﾀｶﾅ', 4],
  ['Ａ', 2],
  ['🎉', 2],
  ['👩‍👩‍👧', 2],
  ['❤️', 2],
  ['→', 1],
  ['\u200b', 0],
] as const) {
  test(`"${text}" takes ${width} cells`, () => assert.equal(cellWidth(text), width))
}

for (const [text, width, fitted] of [
  ['abc', 5, 'abc  '],
  ['abcdef', 4, 'abc…'],
  ['abcd', 4, 'abcd'],
  ['実験ノート', 6, '実験… '],
  ['実験ノート', 5, '実験…'],
  ['実験', 1, '…'],
  ['abc', 0, ''],
] as const) {
  test(`"${text}" in ${width} cells is "${fitted}"`, () => assert.equal(fitCells(text, width), fitted))
}

test('what is fitted takes exactly the cells it was given', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map(printable)
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 50 }), (one, width) => {
      assert.equal(cellWidth(fitCells(one, width)), width)
    }),
    { seed },
  )
})

test('nothing that a terminal could take for a command is printed', () => {
  const shown = printable('a\u001b[2Jb\u009b31mc\r\nd\u0007e\u202ef\u2066g')
  assert.equal(shown, 'a\ufffd[2Jb\ufffd31mc\ufffd\ufffdd\ufffde\ufffdf\ufffdg')
})
