import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { Doc } from 'yjs'
import * as Y from 'yjs'
import { type TextEdit, applyTextDiff, diffText } from '../../../src/jupyter/models/text-diff.ts'
import { seed } from './notebook-arbitrary.ts'

/** Emoji that share their first or their second UTF-16 half, so a careless diff would split them. */
const piece = fc.constantFrom('a', 'b', 'word ', '\n', '🙂', '🙃', '\u{1f442}', '\u{20042}', 'é', '\r\n')
const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))

test('[JUPYTER-M5] the edits turn one text into the other and never split a surrogate pair', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const edits = diffText(before, after)
      assert.equal(applied(before, edits), after)
      for (const { at, remove, insert } of edits) {
        assert.ok(isBoundary(before, at) && isBoundary(before, at + remove))
        assert.ok(isWellFormed(insert))
        assert.ok(remove > 0 || insert !== '')
      }
    }),
    { seed, numRuns: 3000 },
  )
})

test('[JUPYTER-M5] a shared text follows, in the server and after a trip over the wire', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const [server, client] = [new Doc(), new Doc()]
      server.on('update', (update: Uint8Array) => Y.applyUpdate(client, update))
      applyTextDiff(server.getText('t'), before)
      applyTextDiff(server.getText('t'), after)
      assert.equal(server.getText('t').toJSON(), after)
      assert.equal(client.getText('t').toJSON(), after)
    }),
    { seed, numRuns: 1000 },
  )
})

test('[JUPYTER-M5] a changed letter is one edit of one letter, whatever stands around it', () => {
  const before = 'def area(r):\n    return 3 * r\n\nprint(area(2))\n'
  assert.deepEqual(diffText(before, before.replace('3 *', '4 *')), [{ at: 24, remove: 1, insert: '4' }])
})

test('[JUPYTER-M5] lines are matched first: an inserted line does not borrow letters of its neighbors', () => {
  const edits = diffText('x\nfar\n', 'x\nfoo\nfar\n')
  assert.deepEqual(edits, [{ at: 2, remove: 0, insert: 'foo\n' }])
})

test('[JUPYTER-M5] texts that are too unlike are replaced between what they begin and end with', () => {
  const line = (side: string, number: number): string => `${side} ${(number * 7919) % 9973}\n`
  const lines = (side: string): string =>
    Array.from({ length: 3000 }, (_, index) => line(side, index)).join('')
  const [before, after] = [`top\n${lines('old')}end\n`, `top\n${lines('new')}end\n`]
  const edits = diffText(before, after)
  assert.equal(edits.length, 1)
  assert.equal(applied(before, edits), after)
  assert.equal(edits[0]?.at, 4)
})

test('[JUPYTER-M5] lines with nothing but chance letters in common are replaced as a whole', () => {
  assert.deepEqual(diffText('print(total)\n', 'x = sorted(y)\n'), [
    { at: 0, remove: 11, insert: 'x = sorted(y' },
  ])
})

test('[JUPYTER-M4] a cursor in replaced text stands behind the new text', () => {
  const doc = new Doc()
  const source = doc.getText('t')
  source.insert(0, 'a = 12345')
  const cursor = Y.createRelativePositionFromTypeIndex(source, 6)
  applyTextDiff(source, 'a = xyz')
  assert.equal(characterAt(doc, cursor), 7)
})

test('[JUPYTER-M4] cursors in lines that did not change stay where they are', () => {
  const doc = new Doc()
  const source = doc.getText('t')
  source.insert(0, 'one\ntwo\nthree\nfour\n')
  const inThree = Y.createRelativePositionFromTypeIndex(source, 10)
  const inFour = Y.createRelativePositionFromTypeIndex(source, 16)
  applyTextDiff(source, 'zero\none\nTWO!\nthree\nfour\nfive\n')
  assert.equal(characterAt(doc, inThree), source.toJSON().indexOf('three') + 2)
  assert.equal(characterAt(doc, inFour), source.toJSON().indexOf('four') + 2)
})

test('[JUPYTER-M5] a text with embedded objects is replaced, because its offsets are not those of its letters', () => {
  const source = new Doc().getText('t')
  source.insert(0, 'ab')
  source.insertEmbed(1, { image: 1 })
  applyTextDiff(source, 'aXb')
  assert.equal(source.toJSON(), 'aXb')
  assert.equal(source.length, 3)
})

function characterAt(doc: Doc, position: Y.RelativePosition): number | undefined {
  return Y.createAbsolutePositionFromRelativePosition(position, doc)?.index
}

function applied(before: string, edits: readonly TextEdit[]): string {
  return edits.toReversed().reduce((result, { at, remove, insert }) => {
    return result.slice(0, at) + insert + result.slice(at + remove)
  }, before)
}

function isBoundary(value: string, at: number): boolean {
  return isWellFormed(value.slice(0, at)) && isWellFormed(value.slice(at))
}

function isWellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value)
}
