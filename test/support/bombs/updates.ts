/**
 * Updates that hurt a server which hands them to Yjs as they come. Each one's comment says how, as
 * seen with Yjs 13.6.33.
 */
import { writeAny, writeUint8, writeUint8Array, writeVarString, writeVarUint } from 'lib0/encoding'
import { buildUpdate, bytes, item, map, range, span, structsOf, text } from './build.ts'

export type Bomb = {
  readonly name: string
  readonly code: 'malformed_message' | 'too_large'
  readonly update: () => Uint8Array
}

const DEEP = 5000
const ONE = 1
const TWO = 2

function embed(json: string): Uint8Array {
  return buildUpdate(
    structsOf(
      ONE,
      item(5, {}, (encoder) => writeVarString(encoder, json)),
    ),
  )
}

function any(write: Parameters<typeof bytes>[0]): Uint8Array {
  return buildUpdate(
    structsOf(
      ONE,
      item(8, {}, (encoder) => {
        writeVarUint(encoder, 1)
        write(encoder)
      }),
    ),
  )
}

function subdocument(write: Parameters<typeof bytes>[0]): Uint8Array {
  return buildUpdate(
    structsOf(
      ONE,
      item(9, {}, (encoder) => {
        writeVarString(encoder, 'guid')
        write(encoder)
      }),
    ),
  )
}

/** The struct lists start with a count, a client id and a clock; `rest` follows. */
function rawStructs(...rest: number[]): Uint8Array {
  return Uint8Array.of(1, 1, ONE, 0, ...rest)
}

/** Allocation and CPU. */
const COSTLY: readonly Bomb[] = [
  {
    // An array of that size: 250 MB and 0.8 s for seven bytes.
    name: 'announces 33,554,432 structs in seven bytes',
    code: 'malformed_message',
    update: () =>
      bytes((encoder) => {
        writeVarUint(encoder, 1)
        writeVarUint(encoder, 33_554_432)
        writeVarUint(encoder, ONE)
        writeVarUint(encoder, 0)
      }),
  },
  {
    // 16 s, and again at every load.
    name: 'writes one map key 80,000 times without an origin',
    code: 'malformed_message',
    update: () =>
      buildUpdate(structsOf(ONE, ...range(80_000, () => item(8, { key: 'k' }, (e) => writeOne(e))))),
  },
  {
    // 40 ms, and 500 KB kept for ever.
    name: 'deletes 250,000 ranges',
    code: 'too_large',
    update: () =>
      buildUpdate({ deletes: [{ client: ONE, ranges: range(250_000, (i) => [i * 2, 1] as const) }] }),
  },
  {
    // Every range visits every struct.
    name: 'deletes the same range many times',
    code: 'malformed_message',
    update: () => buildUpdate({ deletes: [{ client: ONE, ranges: range(10_000, () => [0, 100] as const) }] }),
  },
  {
    // 61 ms per keystroke from then on.
    name: 'introduces 50,000 client ids',
    code: 'too_large',
    update: () =>
      buildUpdate({
        structs: range(50_000, (i) => ({ client: i, clock: 0, list: [text({}, 'a')] })),
      }),
  },
  {
    // Each is a root type for ever.
    name: 'names 5000 root types',
    code: 'too_large',
    update: () => buildUpdate(structsOf(ONE, ...range(5000, (i) => text({ parent: `root ${i}` }, 'a')))),
  },
  {
    name: 'holds 20,000 subdocuments',
    code: 'too_large',
    update: () =>
      buildUpdate(
        structsOf(
          ONE,
          ...range(20_000, () =>
            item(9, {}, (encoder) => {
              writeVarString(encoder, 'guid')
              writeAny(encoder, {})
            }),
          ),
        ),
      ),
  },
]

/** Accepted by Yjs, and then the document cannot be encoded, loaded or deleted from any more. */
const POISON: readonly Bomb[] = [
  {
    // lib0 makes it NaN; encodeStateAsUpdate throws for ever.
    name: 'has a varint of 200 bytes',
    code: 'malformed_message',
    update: () => rawStructs(0, ...range(200, () => 0xff), 1, 0),
  },
  {
    name: 'has a number in more bytes than needed',
    code: 'malformed_message',
    update: () => rawStructs(0, 0x81, 0x00, 0),
  },
  {
    name: 'has a number beyond 2^53',
    code: 'malformed_message',
    update: () => rawStructs(0, ...range(7, () => 0xff), 0x7f, 0),
  },
  {
    // Parsed without recursion, but written with it.
    name: 'embeds JSON nested 5000 deep',
    code: 'too_large',
    update: () => embed('['.repeat(DEEP) + ']'.repeat(DEEP)),
  },
  {
    name: 'holds a value nested 5000 deep',
    code: 'too_large',
    update: () =>
      any((encoder) => {
        for (let i = 0; i < DEEP; i += 1) writeUint8Array(encoder, Uint8Array.of(117, 1))
        writeUint8(encoder, 126)
      }),
  },
  {
    name: 'nests shared types 5000 deep',
    code: 'too_large',
    update: () =>
      buildUpdate(
        structsOf(ONE, ...range(DEEP, (i) => map(i === 0 ? {} : { parent: [ONE, i - 1], key: 'k' }))),
      ),
  },
  {
    name: 'nests shared types across clients, each beside text',
    code: 'too_large',
    update: () => {
      const lists = [ONE, TWO].map((client) => ({
        client,
        clock: 0,
        list: range(DEEP, (i) => [
          text(i === 0 && client === ONE ? {} : { parent: parentOf(client, i) }, 'a'),
          map({ origin: [client, i * 2] }),
        ]).flat(),
      }))
      return buildUpdate({ structs: lists.toReversed() })
    },
  },
  ...[
    ['collected struct', span(0, 0)],
    ['skipped struct', span(10, 0)],
    ['deleted item', item(1, {}, (encoder) => writeVarUint(encoder, 0))],
    ['text', text({}, '')],
    ['list of values', item(8, {}, (encoder) => writeVarUint(encoder, 0))],
  ].map(([name, struct]): Bomb => ({
    name: `has a ${String(name)} of no length`,
    code: 'malformed_message',
    update: () => buildUpdate(structsOf(ONE, struct as Uint8Array)),
  })),
]

/** Of one client in turns with the other: each one's type lies in the other's one before. */
function parentOf(client: number, i: number): readonly [number, number] {
  return client === ONE ? [TWO, i * 2 - 1] : [ONE, i * 2 + 1]
}

/** Against other people, or against the server's own code. */
const HARMFUL: readonly Bomb[] = [
  {
    // The owner of the id is silently ignored from then on, and loses its text at the next sync.
    name: 'fills up a client id to clock 2^52',
    code: 'malformed_message',
    update: () => buildUpdate(structsOf(ONE, span(0, 2 ** 52))),
  },
  {
    name: 'starts beyond clock 2^32',
    code: 'malformed_message',
    update: () => buildUpdate({ structs: [{ client: ONE, clock: 2 ** 33, list: [text({}, 'a')] }] }),
  },
  {
    name: 'deletes beyond clock 2^32',
    code: 'malformed_message',
    update: () => buildUpdate({ deletes: [{ client: ONE, ranges: [[1, 2 ** 40]] }] }),
  },
  {
    name: 'has the key __proto__ in a value',
    code: 'malformed_message',
    update: () => any((encoder) => writeAny(encoder, JSON.parse('{"a":[{"__proto__":{"admin":true}}]}'))),
  },
  {
    name: 'has the key __proto__ in JSON',
    code: 'malformed_message',
    update: () => embed('{"a":{"__proto__":{"admin":true}}}'),
  },
  {
    name: 'has the key __proto__ in JSON, escaped',
    code: 'malformed_message',
    update: () => embed(String.raw`{"\u005f_proto__":1}`),
  },
  {
    name: 'has the map key __proto__',
    code: 'malformed_message',
    update: () =>
      buildUpdate(
        structsOf(
          ONE,
          item(8, { key: '__proto__' }, (e) => writeOne(e)),
        ),
      ),
  },
  {
    name: 'has a key of 100 KB',
    code: 'too_large',
    update: () =>
      buildUpdate(
        structsOf(
          ONE,
          item(8, { key: 'k'.repeat(100_000) }, (e) => writeOne(e)),
        ),
      ),
  },
  {
    // Yjs keeps both pending for ever.
    name: 'has structs of two clients that wait for each other',
    code: 'malformed_message',
    update: () =>
      buildUpdate({
        structs: [
          { client: TWO, clock: 0, list: [text({ origin: [ONE, 0] }, 'b')] },
          { client: ONE, clock: 0, list: [text({ origin: [TWO, 0] }, 'a')] },
        ],
      }),
  },
  {
    // Clocks 6 to 8 may be known, and then Yjs never looks at them.
    name: 'has types that lie in each other, hidden behind a later reference',
    code: 'malformed_message',
    update: () =>
      buildUpdate({
        structs: [
          {
            client: TWO,
            clock: 68,
            list: [text({ origin: [ONE, 22] }, 'a'), text({ origin: [ONE, 8] }, 'bc')],
          },
          { client: ONE, clock: 6, list: [map({ origin: [TWO, 70] }), text({ origin: [ONE, 6] }, 'de')] },
        ],
      }),
  },
  {
    // Yjs forgets the first list.
    name: 'lists one client twice',
    code: 'malformed_message',
    update: () =>
      buildUpdate({
        structs: [
          { client: ONE, clock: 0, list: [text({}, 'a')] },
          { client: ONE, clock: 1, list: [text({}, 'b')] },
        ],
      }),
  },
  {
    name: 'lists the deletes of one client twice',
    code: 'malformed_message',
    update: () =>
      buildUpdate({
        deletes: [
          { client: ONE, ranges: [[0, 1]] },
          { client: ONE, ranges: [[0, 1]] },
        ],
      }),
  },
  {
    name: 'deletes a range of no length',
    code: 'malformed_message',
    update: () => buildUpdate({ deletes: [{ client: ONE, ranges: [[0, 0]] }] }),
  },
]

/** Yjs throws on these, often after it has applied what comes before. */
const BROKEN: readonly Bomb[] = [
  ...[0, 1, 3].map((clock): Bomb => ({
    name: `refers to its own clock ${clock} from clock 0`,
    code: 'malformed_message',
    update: () => buildUpdate(structsOf(ONE, text({ origin: [ONE, clock] }, 'a'))),
  })),
  {
    name: 'has an own right neighbor that comes later',
    code: 'malformed_message',
    update: () => buildUpdate(structsOf(ONE, text({}, 'a'), text({ rightOrigin: [ONE, 1] }, 'b'))),
  },
  {
    name: 'lies in an own type that comes later',
    code: 'malformed_message',
    update: () => buildUpdate(structsOf(ONE, text({ parent: [ONE, 1] }, 'a'), map({}))),
  },
  {
    name: 'has an unknown content',
    code: 'malformed_message',
    update: () =>
      buildUpdate(
        structsOf(
          ONE,
          item(11, {}, (encoder) => writeUint8(encoder, 0)),
        ),
      ),
  },
  {
    name: 'has an unknown shared type',
    code: 'malformed_message',
    update: () =>
      buildUpdate(
        structsOf(
          ONE,
          item(7, {}, (encoder) => writeVarUint(encoder, 7)),
        ),
      ),
  },
  {
    name: 'has an unknown kind of value',
    code: 'malformed_message',
    update: () => any((encoder) => writeUint8(encoder, 115)),
  },
  {
    name: 'has a parent that is neither root nor item',
    code: 'malformed_message',
    update: () => rawStructs(4, 2, 1, 0x61, 1, 0x61, 0),
  },
  {
    name: 'has flags on a collected struct',
    code: 'malformed_message',
    update: () => rawStructs(0x80, ONE, 0, 0),
  },
  {
    name: 'has flags on a skipped struct',
    code: 'malformed_message',
    update: () => rawStructs(0x2a, 1, 0),
  },
  {
    name: 'has text that is no UTF-8',
    code: 'malformed_message',
    update: () => rawStructs(4, 1, 1, 0x61, 3, 0xed, 0xa0, 0x80, 0),
  },
  {
    name: 'has JSON that is none',
    code: 'malformed_message',
    update: () => embed('{"a":}'),
  },
  {
    name: 'has `undefined` where Yjs needs JSON',
    code: 'malformed_message',
    update: () => embed('undefined'),
  },
  {
    name: 'has a subdocument without options',
    code: 'malformed_message',
    update: () => subdocument((encoder) => writeAny(encoder, null)),
  },
  {
    // The server would make up another name than everyone else.
    name: 'renames a subdocument in its options',
    code: 'malformed_message',
    update: () => subdocument((encoder) => writeAny(encoder, { guid: null })),
  },
  {
    name: 'has a subdocument that cannot be cleaned up',
    code: 'malformed_message',
    update: () => subdocument((encoder) => writeAny(encoder, { gcFilter: 5 })),
  },
  {
    name: 'goes on after its end',
    code: 'malformed_message',
    update: () => Uint8Array.of(0, 0, 0),
  },
  { name: 'is empty bytes', code: 'malformed_message', update: () => new Uint8Array(0) },
]

export const UPDATE_BOMBS: readonly Bomb[] = [...COSTLY, ...POISON, ...HARMFUL, ...BROKEN]

function writeOne(encoder: Parameters<Parameters<typeof bytes>[0]>[0]): void {
  writeVarUint(encoder, 1)
  writeAny(encoder, 1)
}
