import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RecentMap } from '../../src/store/recent-map.ts'

describe('a recent map', () => {
  it('forgets what was used longest ago once it is full', () => {
    const map = new RecentMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.get('a')
    map.set('c', 3)
    assert.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.size], [1, undefined, 3, 2])
  })

  it('replaces a value without forgetting another', () => {
    const map = new RecentMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.set('a', 3)
    assert.deepEqual([map.get('a'), map.get('b'), map.size], [3, 2, 2])
    map.clear()
    assert.equal(map.size, 0)
  })
})
