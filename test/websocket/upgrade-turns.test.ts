import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UpgradeTurns } from '../../src/websocket/upgrade-turns.ts'

function fixture(maxPerTurn: number, maxWaiting: number) {
  let turn: (() => void) | undefined
  const begun: number[] = []
  const turns = new UpgradeTurns({ maxPerTurn, maxWaiting, defer: (task) => (turn = task) })
  return {
    begun,
    come: (number: number) => turns.run(() => begun.push(number)),
    nextTurn: (): boolean => {
      const task = turn
      turn = undefined
      task?.()
      return task !== undefined
    },
  }
}

test('few handshakes begin in a turn of the loop, the others in their order', () => {
  const { begun, come, nextTurn } = fixture(3, 100)
  for (let i = 0; i < 8; i += 1) assert.equal(come(i), true)
  assert.deepEqual(begun, [0, 1, 2])
  nextTurn()
  assert.deepEqual(begun, [0, 1, 2, 3, 4, 5])
  assert.equal(come(8), true)
  assert.equal(begun.length, 6, 'a newcomer waits behind the others')
  nextTurn()
  assert.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6, 7, 8])
  nextTurn()
  assert.equal(nextTurn(), false, 'nothing is planned when nobody waits')
  come(9)
  assert.equal(begun.at(-1), 9, 'after a quiet moment nobody waits')
})

test('when too many wait, further ones are refused', () => {
  const { begun, come, nextTurn } = fixture(1, 2)
  assert.deepEqual([come(0), come(1), come(2), come(3)], [true, true, true, false])
  nextTurn()
  nextTurn()
  nextTurn()
  assert.deepEqual(begun, [0, 1, 2])
})
