import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { closeFrame } from '../../src/protocol/close-frame.ts'
import { CLOSE_REASONS, type CloseReason } from '../../src/protocol/close-reason.ts'
import { withSentence } from '../../src/protocol/close-sentence.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_266)

test('a sentence takes the place of the usual one, also in the dialog of JupyterLab', () => {
  const plain = withSentence(closeFrame('access_revoked', 'y-websocket', true), 'Removed by Ada.')
  assert.deepEqual(plain, { code: 4403, text: 'Removed by Ada.' })
  const dialog = withSentence(closeFrame('access_revoked', 'jupyter', true), 'Removed by Ada.')
  assert.equal(dialog.code, 1003)
  assert.deepEqual(JSON.parse(dialog.text), {
    reason: 'access_revoked',
    reloadable: false,
    errorReason: 'Removed by Ada.',
  })
})

test('any sentence fits into a close frame, whatever it is made of', () => {
  const reasons = Object.keys(CLOSE_REASONS) as CloseReason[]
  fc.assert(
    fc.property(
      fc.constantFrom(...reasons),
      fc.constantFrom('jupyter', 'y-websocket'),
      fc.boolean(),
      fc.string({ unit: 'binary', maxLength: 200 }),
      (reason, dialect, isSynced, sentence) => {
        const frame = withSentence(closeFrame(reason, dialect, isSynced), sentence)
        assert.ok(Buffer.byteLength(frame.text) <= 123)
        assert.ok(!frame.text.includes('\ufffd') || sentence.includes('\ufffd'), 'no character is cut in two')
        if (frame.code === 1003) JSON.parse(frame.text)
      },
    ),
    { seed: SEED, numRuns: 1000 },
  )
})
