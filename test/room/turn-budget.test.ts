import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TurnBudget } from '../../src/room/turn-budget.ts'

function fixture(budgetMs: number) {
  let now = 0
  const deferred: (() => void)[] = []
  const clock = { elapsed: () => now, defer: (task: () => void) => void deferred.push(task) }
  return {
    budget: new TurnBudget({ clock, budgetMs }),
    work: (ms: number) => () => (now += ms),
    nextTurn: (): boolean => {
      const task = deferred.shift()
      task?.()
      return task !== undefined
    },
  }
}

test('a turn has time until its budget is spent, and the next one has time again', () => {
  const { budget, work, nextTurn } = fixture(5)
  budget.spend(work(3))
  assert.equal(budget.hasTime, true)
  budget.spend(work(3))
  assert.equal(budget.hasTime, false)
  assert.equal(nextTurn(), true)
  assert.equal(budget.hasTime, true)
  assert.equal(nextTurn(), false, 'nothing is planned when nothing was spent')
})

test('who waits is served in order, as many in a turn as there is time for', () => {
  const { budget, work, nextTurn } = fixture(5)
  const served: number[] = []
  for (let i = 0; i < 7; i += 1) {
    budget.whenThereIsTime(() => {
      budget.spend(work(2))
      served.push(i)
    })
  }
  const perTurn: number[] = []
  while (nextTurn()) perTurn.push(served.length)
  assert.deepEqual(served, [0, 1, 2, 3, 4, 5, 6])
  assert.deepEqual(perTurn.slice(0, 3), [3, 6, 7])
})

test('a task that throws is counted too', () => {
  const { budget, work } = fixture(5)
  assert.throws(() =>
    budget.spend(() => {
      work(9)()
      throw new Error('bad')
    }),
  )
  assert.equal(budget.hasTime, false)
})
