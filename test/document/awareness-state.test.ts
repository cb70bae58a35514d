import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAwarenessState } from '../../src/document/awareness-state.ts'
import { person } from '../support/room-client.ts'

const ann = person('ann')

function read(text: string, principal = ann) {
  const state = readAwarenessState(Buffer.from(text), principal, 'y-websocket')
  return state === null || state === undefined
    ? state
    : { said: Buffer.from(state.said).toString(), shown: Buffer.from(state.shown).toString() }
}

test('what a client said is kept beside what the others are shown', () => {
  const said = '{"cursor":"Åsa 🛶"}'
  assert.deepEqual(read(said), { said, shown: '{"cursor":"Åsa 🛶","user":{"id":"ann","name":"ANN"}}' })
})

test('a client that says what the server would is kept once, and so is a nameless one', () => {
  for (const [text, principal] of [
    ['{"user":{"id":"ann","name":"ANN"},"cursor":1}', ann],
    ['{ "user": {"name":"whoever"} }', person('anon', false)],
  ] as const) {
    const state = readAwarenessState(Buffer.from(text), principal, 'y-websocket')
    assert.ok(state !== null && state !== undefined)
    assert.equal(state.said, state.shown)
    assert.equal(Buffer.from(state.shown).toString(), text)
  }
})

test('nothing of the received frame is kept in memory', () => {
  const frame = Buffer.from('....{"a":1}....')
  for (const principal of [ann, person('anon', false)]) {
    const state = readAwarenessState(frame.subarray(4, 11), principal, 'y-websocket')
    assert.ok(state !== null && state !== undefined)
    for (const { buffer } of [state.said, state.shown]) {
      assert.notEqual(buffer, frame.buffer)
      assert.ok(buffer.byteLength < 200)
    }
  }
})

test('a departure in other words is one; too deep is nothing; no object is refused', () => {
  assert.equal(read(' null '), null)
  assert.equal(read(`{"a":${'['.repeat(16)}${']'.repeat(16)}}`), undefined)
  assert.throws(() => read('[]'), { code: 'malformed_message' })
  assert.throws(() => read('{'), { code: 'malformed_message' })
})

test('a key that would change a prototype changes none', () => {
  assert.equal(
    read('{"__proto__":{"isAdmin":true}}')?.shown,
    '{"__proto__":{"isAdmin":true},"user":{"id":"ann","name":"ANN"}}',
  )
  assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined)
})
