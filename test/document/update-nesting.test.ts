import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { inspectUpdate } from '../../src/document/update-inspect.ts'
import { isTooDeep, type Nesting } from '../../src/document/update-nesting.ts'
import { buildUpdate, map, structsOf, text } from '../support/bombs/build.ts'

function nestingOf(...structs: Uint8Array[]): Nesting | undefined {
  return inspectUpdate(buildUpdate(structsOf(1, ...structs))).nesting
}

test('an update that creates no shared type has no nesting', () => {
  assert.equal(nestingOf(text({}, 'a'), text({ origin: [1, 0] }, 'b')), undefined)
})

test('levels count from the root, through parents and through neighbors', () => {
  const nesting = nestingOf(
    map({}),
    map({ origin: [1, 0] }),
    text({ parent: [1, 1] }, 'ab'),
    map({ origin: [1, 3] }),
    map({ rightOrigin: [1, 4] }),
    map({ parent: [1, 5], key: 'k' }),
  )
  assert.deepEqual(nesting, { levels: 3, attachments: [] })
})

test('what hangs on to the document is named with its levels', () => {
  const nesting = nestingOf(map({ origin: [2, 5] }), map({ parent: [1, 0] }), map({ parent: [3, 7] }))
  assert.equal(nesting?.levels, 2)
  assert.deepEqual(nesting?.attachments, [
    { client: 2, clock: 5, levels: 2 },
    { client: 3, clock: 7, levels: 2 },
  ])
})

test('one level per update still ends at the limit', () => {
  const server = new Y.Doc()
  const client = new Y.Doc()
  const updates: Uint8Array[] = []
  client.on('update', (update: Uint8Array) => updates.push(update))
  let inner = client.getMap('root') as Y.Map<unknown>
  for (let i = 0; i < 20; i += 1) inner = inner.set('k', new Y.Map<unknown>())
  const refusedAt = updates.findIndex((update) => {
    const { nesting } = inspectUpdate(update)
    assert.ok(nesting)
    if (isTooDeep(nesting, server, 12)) return true
    Y.applyUpdate(server, update)
    return false
  })
  assert.equal(refusedAt, 12)
})

test('a new type beside deep text counts as deep as the text', () => {
  const server = new Y.Doc()
  const list = new Y.Array<unknown>()
  server.getMap('root').set('k', list)
  list.push(['a'])
  const client = new Y.Doc()
  Y.applyUpdate(client, Y.encodeStateAsUpdate(server))
  client.on('update', (update: Uint8Array) => {
    const { nesting } = inspectUpdate(update)
    assert.ok(nesting)
    assert.deepEqual([isTooDeep(nesting, server, 2), isTooDeep(nesting, server, 1)], [false, true])
  })
  ;(client.getMap('root').get('k') as Y.Array<unknown>).push([new Y.Map()])
})
