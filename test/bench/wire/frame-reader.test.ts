import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OPCODE, frame } from '../../../bench/wire/frame.ts'
import { FrameError, FrameReader } from '../../../bench/wire/frame-reader.ts'
import { serverFrame } from './server-frames.ts'

const seed = Number(process.env['FC_SEED'] ?? 42)
const LIMIT = 1_000_000

/** Copies what is valid during the call only. */
function record(maxMessageBytes = LIMIT) {
  const events: (readonly ['message' | 'ping' | 'close', Buffer])[] = []
  const reader = new FrameReader(
    {
      message: (bytes) => events.push(['message', Buffer.from(bytes)]),
      ping: (payload) => events.push(['ping', Buffer.from(payload)]),
      close: (code, reason) => events.push(['close', Buffer.from(`${code} ${reason}`)]),
    },
    maxMessageBytes,
  )
  return { reader, events }
}

/** Cut into pieces of these sizes, again and again. */
function* pieces(stream: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < stream.length; i += 1) {
    const size = sizes[i % sizes.length] ?? stream.length
    yield stream.subarray(at, at + size)
    at += size
  }
}

const size = fc.oneof(
  fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000),
  fc.nat(300),
  fc.nat(70_000),
)
const part = fc.record({ bytes: size, fill: fc.nat(255), pings: fc.array(fc.nat(125), { maxLength: 2 }) })
const message = fc.record({
  opcode: fc.constantFrom<number>(OPCODE.binary, OPCODE.text),
  parts: fc.array(part, { minLength: 1, maxLength: 4 }),
})
type Message = typeof message extends fc.Arbitrary<infer T> ? T : never

/** Not the same byte all over: a piece lost or swapped would not show. */
const filled = (bytes: number, fill: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => (fill + i * 31) & 0xff))

function encode(messages: readonly Message[]) {
  const stream: Buffer[] = []
  const expected: (readonly ['message' | 'ping', Buffer])[] = []
  for (const { opcode, parts } of messages) {
    const payloads = parts.map(({ bytes, fill }) => filled(bytes, fill))
    parts.forEach(({ pings }, i) => {
      for (const bytes of pings) {
        const payload = filled(bytes, bytes)
        stream.push(serverFrame({ opcode: OPCODE.ping, payload, isLast: true }))
        expected.push(['ping', payload])
      }
      stream.push(
        serverFrame({
          opcode: i === 0 ? opcode : OPCODE.continuation,
          payload: payloads[i] ?? Buffer.alloc(0),
          isLast: i === parts.length - 1,
        }),
      )
    })
    expected.push(['message', Buffer.concat(payloads)])
  }
  return { stream: Buffer.concat(stream), expected }
}

test('messages come out as they went in, however they were fragmented and cut', () => {
  const cut = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 100_000 }))
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.array(cut, { minLength: 1, maxLength: 8 }),
      (messages, sizes) => {
        const { stream, expected } = encode(messages)
        const { reader, events } = record()
        for (const piece of pieces(stream, sizes)) reader.push(piece)
        assert.deepEqual(events, expected)
      },
    ),
    { seed, numRuns: 150 },
  )
})

test('a stream that comes byte by byte is read, its close frame included', () => {
  const { stream, expected } = encode([
    { opcode: OPCODE.binary, parts: [{ bytes: 65_536, fill: 7, pings: [125] }] },
    { opcode: OPCODE.text, parts: [0, 126, 0].map((bytes) => ({ bytes, fill: 1, pings: [0] })) },
  ])
  const close = serverFrame({
    opcode: OPCODE.close,
    payload: Buffer.from([0x11, 0x31, ...Buffer.from('sign in, Zoë')]),
    isLast: true,
  })
  const { reader, events } = record()
  for (const piece of pieces(Buffer.concat([stream, close]), [1])) reader.push(piece)
  assert.deepEqual(events, [...expected, ['close', Buffer.from('4401 sign in, Zoë')]])
})

test('a close frame without a code is 1005, and a pong is nobody’s business', () => {
  const { reader, events } = record()
  reader.push(serverFrame({ opcode: OPCODE.pong, payload: Buffer.from('x'), isLast: true }))
  reader.push(serverFrame({ opcode: OPCODE.close, payload: Buffer.alloc(0), isLast: true }))
  assert.deepEqual(events, [['close', Buffer.from('1005 ')]])
})

const binary = (bytes: number, isLast = true): Buffer =>
  serverFrame({ opcode: OPCODE.binary, payload: Buffer.alloc(bytes), isLast })
const continuation = (bytes: number, isLast = true): Buffer =>
  serverFrame({ opcode: OPCODE.continuation, payload: Buffer.alloc(bytes), isLast })

const REFUSED: Record<string, readonly [code: number, ...stream: Uint8Array[]]> = {
  'a masked frame': [1002, frame(Buffer.from('from a client'))],
  'a reserved bit': [1002, Buffer.from([0xc2, 0])],
  'a continuation of nothing': [1002, continuation(3)],
  'a continuation after the end': [1002, binary(1, false), continuation(1), continuation(1)],
  'a message inside another': [1002, binary(1, false), binary(1)],
  'an unknown data opcode': [1002, Buffer.from([0x83, 0])],
  'an unknown control opcode': [1002, Buffer.from([0x8b, 0])],
  'a ping in parts': [1002, Buffer.from([0x09, 0])],
  'a ping of 126 bytes': [1002, Buffer.concat([Buffer.from([0x89, 126, 0, 126]), Buffer.alloc(126)])],
  'a message above the limit': [1009, binary(1001)],
  'fragments above the limit together': [1009, binary(900, false), continuation(101)],
  'a length of 2^63': [1009, Buffer.from([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0])],
}

for (const [what, [code, ...stream]] of Object.entries(REFUSED)) {
  test(`${what} is refused with ${code}`, () => {
    const { reader, events } = record(1000)
    assert.throws(
      () => stream.forEach((bytes) => reader.push(Buffer.from(bytes))),
      (error) => error instanceof FrameError && error.code === code,
    )
    assert.ok(events.length <= 1)
  })
}

test('a message above the limit is refused by its header, before it has arrived', () => {
  const { reader } = record(1000)
  assert.throws(() => reader.push(binary(70_000).subarray(0, 10)), FrameError)
})

test('a message of exactly the limit passes, with a ping between its last fragments', () => {
  const { reader, events } = record(1000)
  reader.push(binary(1000))
  reader.push(binary(990, false))
  reader.push(serverFrame({ opcode: OPCODE.ping, payload: Buffer.alloc(100), isLast: true }))
  reader.push(continuation(10))
  reader.push(binary(1000))
  assert.deepEqual(
    events.map(([kind, bytes]) => [kind, bytes.length]),
    [
      ['message', 1000],
      ['ping', 100],
      ['message', 1000],
      ['message', 1000],
    ],
  )
})
