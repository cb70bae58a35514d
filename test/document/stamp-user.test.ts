import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stampUser } from '../../src/document/stamp-user.ts'
import { person } from '../support/room-client.ts'

test('[ROOM-25] JupyterLab gets the whole identity, and the rest of the state stays', () => {
  const state = { user: { username: 'boss', color: 'x', avatar_url: null }, cursors: [1] }
  assert.deepEqual(stampUser(state, person('ann'), 'jupyter'), {
    user: {
      username: 'ann',
      name: 'ANN',
      display_name: 'ANN',
      initials: 'an',
      color: '#123456',
      avatar_url: null,
    },
    cursors: [1],
  })
})

test('[ROOM-25] other editors keep their colour; nameless visitors keep what they say', () => {
  const state = { user: { name: 'boss', color: 'pink' } }
  assert.deepEqual(stampUser(state, person('ann'), 'y-websocket'), {
    user: { name: 'ANN', id: 'ann', color: 'pink' },
  })
  assert.equal(stampUser(state, person('anon', false), 'y-websocket'), state)
})

test('a state whose user is not an object gets one', () => {
  assert.deepEqual(stampUser({ user: 'x' }, person('ann'), 'y-websocket'), {
    user: { id: 'ann', name: 'ANN' },
  })
})
