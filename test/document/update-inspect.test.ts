import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { writeAny, writeVarString, writeVarUint } from 'lib0/encoding'
import * as Y from 'yjs'
import { inspectUpdate, UPDATE_LIMITS, type UpdateLimits } from '../../src/document/update-inspect.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import { buildUpdate, item, map, range, span, structsOf, text } from '../support/bombs/build.ts'
import { UPDATE_BOMBS } from '../support/bombs/updates.ts'

function refusal(update: Uint8Array, limits?: UpdateLimits): SyncError {
  try {
    inspectUpdate(update, limits)
  } catch (error) {
    assert.ok(error instanceof SyncError, String(error))
    return error
  }
  return assert.fail('accepted')
}

for (const { name, code, update } of UPDATE_BOMBS) {
  test(`refuses an update that ${name}`, () => {
    assert.equal(refusal(update()).code, code)
  })
}

test('an update cut short anywhere is refused', () => {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, 'naïve 🛶', { bold: true })
  doc.getMap('m').set('k', [1, { a: null }, new Uint8Array(3)])
  doc.getText('t').delete(1, 2)
  const update = Y.encodeStateAsUpdate(doc)
  inspectUpdate(update)
  for (let length = 0; length < update.length; length += 1) {
    assert.equal(refusal(update.slice(0, length)).code, 'malformed_message')
  }
})

test('nothing is read beyond the update, also when it lies in a larger buffer', () => {
  const update = Y.encodeStateAsUpdate(docWithText('secret'))
  const buffer = new Uint8Array(update.length * 2)
  buffer.set(update)
  buffer.set(update, update.length)
  inspectUpdate(buffer.subarray(0, update.length))
  refusal(buffer.subarray(0, update.length - 1))
})

test('a refusal says what and where, and nothing of the content', () => {
  const update = buildUpdate(
    structsOf(
      1,
      item(5, {}, (encoder) => writeVarString(encoder, '{"password": hunter2}')),
    ),
  )
  const error = refusal(update)
  assert.equal(error.message, 'text is not JSON at byte 11')
  assert.doesNotMatch(JSON.stringify(error) + String(error.stack) + String(error.cause), /hunter2|password/)
})

test('facts of a keystroke: whose clocks it extends, and what it refers to', () => {
  const doc = docWithText('ab')
  const other = new Y.Doc()
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc))
  const updates: Uint8Array[] = []
  other.on('update', (update: Uint8Array) => updates.push(update))
  other.getText('t').insert(1, 'x')
  other.getText('t').insert(2, 'y')
  other.getText('t').delete(0, 1)
  const [first, second, third] = updates.map((update) => inspectUpdate(update))
  const me = other.clientID
  assert.deepEqual([...first!.structs.values()], [{ client: me, first: 0, required: 0, end: 1 }])
  assert.deepEqual([...first!.missing], [[doc.clientID, 2]])
  assert.deepEqual([...second!.structs.values()], [{ client: me, first: 1, required: 1, end: 2 }])
  assert.deepEqual([third!.structs.size, third!.isEmpty, third!.deleteRanges], [0, false, 1])
  assert.deepEqual([...third!.deletes], [[doc.clientID, 1]])
  assert.deepEqual([...third!.missing], [[doc.clientID, 1]])
})

test('an update without structs and deletes is empty, and a gap alone is no struct', () => {
  assert.equal(inspectUpdate(Uint8Array.of(0, 0)).isEmpty, true)
  assert.equal(inspectUpdate(Y.encodeStateAsUpdate(new Y.Doc())).isEmpty, true)
  const skip = inspectUpdate(buildUpdate(structsOf(1, span(10, 5))))
  assert.deepEqual([skip.isEmpty, skip.hasSkip, skip.structs.size], [true, true, 0])
})

test('after a gap everything before the struct behind it is required', () => {
  const update = buildUpdate({
    structs: [{ client: 1, clock: 3, list: [text({}, 'ab'), span(10, 4), text({}, 'c'), span(10, 2)] }],
  })
  const facts = inspectUpdate(update)
  assert.equal(facts.hasSkip, true)
  assert.deepEqual([...facts.structs.values()], [{ client: 1, first: 3, required: 9, end: 10 }])
})

test('what the update brings itself is not missing', () => {
  const update = buildUpdate({
    structs: [
      { client: 2, clock: 0, list: [text({ origin: [1, 0] }, 'b'), text({ origin: [3, 7] }, 'c')] },
      { client: 1, clock: 0, list: [text({}, 'a')] },
    ],
    deletes: [
      { client: 1, ranges: [[0, 1]] },
      { client: 4, ranges: [[2, 3]] },
    ],
  })
  assert.deepEqual(
    [...inspectUpdate(update).missing],
    [
      [3, 8],
      [4, 5],
    ],
  )
})

test('root names are listed once each', () => {
  const update = buildUpdate(
    structsOf(1, ...['cells', 'cells', 'état', 'cells', '', 'cell'].map((parent) => text({ parent }, 'a'))),
  )
  assert.deepEqual([...inspectUpdate(update).roots], ['cells', 'état', '', 'cell'])
})

test('a BigInt is reported, as JSON cannot hold it', () => {
  const update = (value: unknown): Uint8Array => {
    const doc = new Y.Doc()
    doc.getMap('m').set('k', { deep: [value] })
    return Y.encodeStateAsUpdate(doc)
  }
  assert.equal(inspectUpdate(update(2n ** 60n)).hasBigInt, true)
  assert.equal(inspectUpdate(update(2 ** 60)).hasBigInt, false)
})

test('JSON values of older Yjs versions are accepted, undefined included', () => {
  const update = buildUpdate(
    structsOf(
      1,
      item(2, {}, (encoder) => {
        writeVarUint(encoder, 2)
        writeVarString(encoder, 'undefined')
        writeVarString(encoder, '{"a":[1]}')
      }),
    ),
  )
  assert.equal(inspectUpdate(update).structs.get(1)?.end, 2)
})

test('two clients may each write the same key for the first time', () => {
  const write = item(8, { key: 'k' }, (encoder) => {
    writeVarUint(encoder, 1)
    writeAny(encoder, 1)
  })
  const structs = [1, 2].map((client) => ({ client, clock: 0, list: [write] }))
  inspectUpdate(buildUpdate({ structs }))
  refusal(buildUpdate(structsOf(1, write, text({}, 'a'), write)))
})

/** An update at each limit, with the limit it needs. */
const AT_LIMIT: readonly [keyof UpdateLimits, number, Uint8Array][] = [
  [
    'maxClients',
    3,
    buildUpdate({ structs: range(3, (client) => ({ client, clock: 0, list: [text({}, 'a')] })) }),
  ],
  ['maxClients', 3, buildUpdate({ deletes: range(3, (client) => ({ client, ranges: [[0, 1]] })) })],
  ['maxClients', 3, buildUpdate(structsOf(9, ...range(3, (i) => text({ origin: [i, 0] }, 'a'))))],
  ['maxStructs', 3, buildUpdate(structsOf(1, ...range(3, () => text({}, 'a'))))],
  [
    'maxDeleteRanges',
    3,
    buildUpdate({ deletes: [{ client: 1, ranges: range(3, (i) => [i * 2, 1] as const) }] }),
  ],
  ['maxRoots', 3, buildUpdate(structsOf(1, ...range(3, (i) => text({ parent: `r${i}` }, 'a'))))],
  [
    'maxTypeDepth',
    3,
    buildUpdate(structsOf(1, ...range(3, (i) => map(i === 0 ? {} : { parent: [1, i - 1] })))),
  ],
  ['maxKeyBytes', 4, buildUpdate(structsOf(1, text({ key: 'key!' }, 'a')))],
  [
    'maxValueDepth',
    3,
    buildUpdate(
      structsOf(
        1,
        item(5, {}, (e) => writeVarString(e, '[{"a":[]}]')),
      ),
    ),
  ],
  [
    'maxValueDepth',
    3,
    buildUpdate(
      structsOf(
        1,
        item(8, {}, (e) => {
          writeVarUint(e, 1)
          writeAny(e, [{ a: [] }])
        }),
      ),
    ),
  ],
  [
    'maxSubdocuments',
    1,
    buildUpdate(
      structsOf(
        1,
        item(9, {}, (e) => {
          writeVarString(e, 'guid')
          writeAny(e, {})
        }),
      ),
    ),
  ],
]

for (const [limit, value, update] of AT_LIMIT) {
  test(`${limit} is accepted at the limit and refused beyond it`, () => {
    inspectUpdate(update, { ...UPDATE_LIMITS, [limit]: value })
    assert.equal(refusal(update, { ...UPDATE_LIMITS, [limit]: value - 1 }).code, 'too_large')
  })
}

test('a hundred thousand references in turns between two clients are followed in linear time', () => {
  const count = 50_000
  const lists = [1, 2].map((client) => ({
    client,
    clock: 0,
    list: range(count, (i) =>
      text(client === 1 && i === 0 ? {} : { origin: client === 1 ? [2, i - 1] : [1, i] }, 'a'),
    ),
  }))
  const start = process.cpuUsage()
  inspectUpdate(buildUpdate({ structs: lists }))
  assert.ok(process.cpuUsage(start).user < 2e6)
})

test('no source file uses the update format V2, whose run lengths make a million structs of 20 bytes', async () => {
  const files = await readdir('src', { recursive: true })
  const sources = await Promise.all(
    files.filter((file) => file.endsWith('.ts')).map((file) => readFile(`src/${file}`, 'utf8')),
  )
  assert.ok(sources.length > 10)
  for (const source of sources) {
    assert.doesNotMatch(source, /\b(applyUpdateV2|mergeUpdatesV2|decodeUpdateV2|diffUpdateV2|readUpdateV2)\b/)
  }
})

function docWithText(content: string): Y.Doc {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, content)
  return doc
}
