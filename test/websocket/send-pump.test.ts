import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PacedSender, SendPump } from '../../src/websocket/send-pump.ts'

/** A loop turn at a time, and a clock on which each slice takes a millisecond. */
function fixture(budgetMs: number) {
  let time = 0
  let turn: (() => void) | undefined
  const order: string[] = []
  const pump = new SendPump({ budgetMs, now: () => time, defer: (task) => (turn = task) })
  const sender = (name: string): PacedSender => ({
    sendSlice() {
      order.push(name)
      time += 1
    },
  })
  return {
    pump,
    order,
    sender,
    /** Runs what was deferred; false when nothing was. */
    nextTurn: (): boolean => {
      const task = turn
      turn = undefined
      task?.()
      return task !== undefined
    },
  }
}

test('nothing is sent in the turn in which it was asked for', () => {
  const { pump, order, sender, nextTurn } = fixture(2)
  pump.add(sender('a'))
  assert.deepEqual(order, [])
  assert.equal(nextTurn(), true)
  assert.deepEqual(order, ['a'])
  assert.equal(nextTurn(), false)
})

test('[ROOM-33] a turn of the loop ends when its budget is spent, however many wait', () => {
  const { pump, order, sender, nextTurn } = fixture(3)
  for (let i = 0; i < 200; i += 1) pump.add(sender(String(i)))
  let turns = 0
  for (; nextTurn(); turns += 1) assert.ok(order.length <= (turns + 1) * 3)
  assert.equal(order.length, 200)
  assert.equal(turns, Math.ceil(200 / 3))
})

test('turns are taken in order: who comes back waits behind all others', () => {
  const { pump, order, sender, nextTurn } = fixture(2)
  const [a, b, c] = ['a', 'b', 'c'].map((name) => sender(name))
  for (const one of [a!, b!, c!]) pump.add(one)
  nextTurn()
  pump.add(a!)
  pump.add(b!)
  nextTurn()
  pump.add(c!)
  nextTurn()
  assert.deepEqual(order, ['a', 'b', 'c', 'a', 'b', 'c'])
})

test('a sender that is gone has no turn', () => {
  const { pump, order, sender, nextTurn } = fixture(2)
  const gone = sender('gone')
  pump.add(gone)
  pump.add(sender('stays'))
  pump.delete(gone)
  nextTurn()
  assert.deepEqual(order, ['stays'])
})
