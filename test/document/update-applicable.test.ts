import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { isApplicable } from '../../src/document/update-applicable.ts'
import { inspectUpdate } from '../../src/document/update-inspect.ts'
import { buildUpdate, map, span, structsOf, text, type UpdateParts } from '../support/bombs/build.ts'

const KNOWN = new Map([
  [1, 10],
  [2, 4],
])

function canApply(parts: UpdateParts): boolean {
  return isApplicable(inspectUpdate(buildUpdate(parts)), (client) => KNOWN.get(client) ?? 0)
}

function structsAt(client: number, clock: number, ...list: Uint8Array[]): UpdateParts {
  return { structs: [{ client, clock, list }] }
}

const CASES: readonly [string, boolean, UpdateParts][] = [
  ['the next clock of a known client', true, structsAt(1, 10, text({}, 'a'))],
  ['clocks that are known already', true, structsAt(1, 2, text({}, 'abc'))],
  ['clocks partly known', true, structsAt(1, 8, text({}, 'abcd'))],
  ['a clock after a gap', false, structsAt(1, 11, text({}, 'a'))],
  ['the first clock of a new client', true, structsOf(3, text({}, 'a'))],
  ['a later clock of a new client', false, structsAt(3, 1, text({}, 'a'))],
  ['a known origin', true, structsOf(3, text({ origin: [2, 3] }, 'a'))],
  ['an unknown origin', false, structsOf(3, text({ origin: [2, 4] }, 'a'))],
  ['an unknown right origin', false, structsOf(3, text({ rightOrigin: [2, 4] }, 'a'))],
  ['an unknown parent', false, structsOf(3, text({ parent: [2, 4] }, 'a'))],
  ['the parent of an unknown client', false, structsOf(3, text({ parent: [4, 0] }, 'a'))],
  ['a gap that is known', true, structsAt(1, 5, span(10, 4), text({}, 'abc'))],
  ['a gap that is not known', false, structsAt(1, 10, text({}, 'a'), span(10, 1), text({}, 'b'))],
  ['a gap with nothing behind', true, structsAt(1, 10, text({}, 'a'), span(10, 1))],
  ['deletes of what is known', true, { deletes: [{ client: 1, ranges: [[0, 10]] }] }],
  ['deletes of more than is known', false, { deletes: [{ client: 1, ranges: [[9, 2]] }] }],
  ['deletes of an unknown client', false, { deletes: [{ client: 9, ranges: [[0, 1]] }] }],
  [
    'deletes of what it brings itself',
    true,
    { ...structsAt(1, 10, text({}, 'ab')), deletes: [{ client: 1, ranges: [[9, 3]] }] },
  ],
  [
    'references to what it brings itself',
    true,
    {
      structs: [
        { client: 4, clock: 0, list: [text({ parent: [3, 0] }, 'a'), text({ origin: [3, 2] }, 'b')] },
        { client: 3, clock: 0, list: [map({}), text({ origin: [4, 0] }, 'cd')] },
      ],
    },
  ],
]

for (const [name, isExpected, parts] of CASES) {
  test(`an update with ${name} can ${isExpected ? '' : 'not '}be applied at once, as Yjs sees it too`, () => {
    assert.equal(canApply(parts), isExpected)
    const doc = new Y.Doc()
    // Types, so that every reference finds something to lie in.
    for (const [client, clock] of KNOWN) {
      const list = Array.from({ length: clock }, () => map({}))
      Y.applyUpdate(doc, buildUpdate(structsOf(client, ...list)))
    }
    Y.applyUpdate(doc, buildUpdate(parts))
    const isPending = doc.store.pendingStructs !== null || doc.store.pendingDs !== null
    assert.equal(isPending, !isExpected)
  })
}
