import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeFrame } from '../../src/protocol/close-frame.ts'
import { CLOSE_REASONS, type CloseReason } from '../../src/protocol/close-reason.ts'

const REASONS = Object.keys(CLOSE_REASONS) as CloseReason[]

test('every close frame fits, for every client, before and after the first sync', () => {
  for (const reason of REASONS) {
    for (const dialect of ['y-websocket', 'jupyter'] as const) {
      for (const isSynced of [false, true]) {
        const { code, text } = closeFrame(reason, dialect, isSynced)
        assert.ok(Buffer.byteLength(text) <= 123, `${reason} ${dialect}: ${text}`)
        assert.ok(
          (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
            (code >= 4000 && code < 5000),
        )
      }
    }
  }
})

test('a synced JupyterLab is never closed with a code after which it comes back every 100 ms without a word', () => {
  for (const reason of REASONS) {
    const { code } = closeFrame(reason, 'jupyter', true)
    assert.ok(code < 4400 || code === 4529, `${reason}: ${code}`)
  }
})

test('JupyterLab reads the reason of 1003 as JSON', () => {
  const { code, text } = closeFrame('other_lineage', 'jupyter', false)
  assert.equal(code, 1003)
  assert.deepEqual(JSON.parse(text), { reason: 'unknown_session', reloadable: true })
})
