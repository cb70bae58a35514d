import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SyncError } from '../../src/protocol/errors.ts'
import { SerialQueue } from '../../src/store/serial-queue.ts'

describe('a serial queue', () => {
  it('runs one task at a time, in order, also after one that failed', async () => {
    const queue = new SerialQueue()
    const seen: string[] = []
    const task = (name: string) => async (): Promise<string> => {
      seen.push(`${name} starts`)
      await new Promise((resolve) => setImmediate(resolve))
      seen.push(`${name} ends`)
      if (name === 'b') throw new Error('b fails')
      return name
    }
    const results = await Promise.allSettled(['a', 'b', 'c'].map(async (name) => queue.run(task(name))))
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(seen, ['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends'])
  })

  it('refuses at its limit, and takes more once there is room', async () => {
    const queue = new SerialQueue(2)
    const slow = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    const running = [queue.run(slow), queue.run(slow)]
    await assert.rejects(
      queue.run(slow),
      (error) => error instanceof SyncError && error.code === 'store_unavailable',
    )
    await Promise.all(running)
    await queue.run(slow)
  })

  it('is idle when everything queued has ended', async () => {
    const queue = new SerialQueue()
    let ended = 0
    const running = [1, 2, 3].map(async () => queue.run(async () => (ended += 1)))
    await queue.idle()
    assert.equal(ended, 3)
    await Promise.all(running)
  })
})
