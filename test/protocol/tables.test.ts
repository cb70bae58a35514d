import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLOSE_REASONS, type CloseRow } from '../../src/protocol/close-reason.ts'
import { ERRORS, type ErrorRow, SyncError } from '../../src/protocol/errors.ts'

const REASONS: readonly (readonly [string, CloseRow])[] = Object.entries(CLOSE_REASONS)
const ROWS: readonly (readonly [string, ErrorRow])[] = Object.entries(ERRORS)

test('every close reason fits into a close frame', () => {
  for (const [reason, { text }] of REASONS) {
    assert.ok(Buffer.byteLength(text) <= 123, reason)
    assert.ok(text.length > 0, reason)
  }
})

test('a close code is final for y-websocket exactly when nobody should try again', () => {
  for (const [reason, { code, retry }] of REASONS) {
    assert.equal(code >= 4400 && code <= 4499, retry === 'never', reason)
  }
})

test('every close code may be sent', () => {
  for (const [reason, { code }] of REASONS) {
    const isStandard = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)
    assert.ok(isStandard || (code >= 4000 && code <= 4999), reason)
  }
})

test('every error names an existing close reason and an HTTP status for errors', () => {
  for (const [code, { close, status }] of ROWS) {
    assert.ok(Object.hasOwn(CLOSE_REASONS, close), code)
    assert.ok(status >= 400 && status <= 599, code)
  }
})

test('an error that is the server’s own fault is never final for the client', () => {
  for (const [code, { close, status }] of ROWS) {
    if (status >= 500) assert.notEqual(CLOSE_REASONS[close].retry, 'never', code)
  }
})

test('every error tells a person one or more whole sentences', () => {
  for (const [code, { message }] of ROWS) {
    assert.match(message, /^[A-Z]/, code)
    assert.doesNotMatch(message, /[\n\u2014]/, code)
  }
})

test('an edit is refused with a sentence that fits into the close frame', () => {
  for (const [code, { close, message }] of ROWS) {
    if (close === 'edit_refused') assert.ok(Buffer.byteLength(message) <= 123, code)
  }
})

test('an error without details says what its row says', () => {
  for (const code of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
    assert.equal(new SyncError(code).message, ERRORS[code].message)
  }
  const cause = new Error('why')
  const error = new SyncError('internal', 'detail', { cause })
  assert.deepEqual([error.message, error.code, error.cause], ['detail', 'internal', cause])
})
