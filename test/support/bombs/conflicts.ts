/**
 * Updates that are cheap to send and make Yjs walk: as seen with Yjs 13.6.33. Each pair is applied in
 * this order; `first` is what anybody may write.
 */
import { writeAny, writeVarUint } from 'lib0/encoding'
import { buildUpdate, item, range, structsOf, text } from './build.ts'

export type ConflictBomb = {
  readonly name: string
  readonly first: (size: number) => Uint8Array
  readonly bomb: (size: number) => Uint8Array
}

const ONE = 1
const TWO = 2

/** Typed one character after the other. */
function typed(size: number): Uint8Array {
  return buildUpdate(
    structsOf(ONE, ...range(size, (i) => text(i === 0 ? {} : { origin: [ONE, i - 1] }, 'a'))),
  )
}

/** Each put in front of the one before. */
function prepended(client: number, size: number): Uint8Array {
  return buildUpdate(
    structsOf(client, ...range(size, (i) => text(i === 0 ? {} : { rightOrigin: [client, i - 1] }, 'a'))),
  )
}

export const CONFLICT_BOMBS: readonly ConflictBomb[] = [
  {
    // 8000 of them, 48 KB: 17 s, and 7 s at each load.
    name: 'inserts at the start, before neighbors further and further away',
    first: typed,
    bomb: (size) => buildUpdate(structsOf(TWO, ...range(size, (i) => text({ rightOrigin: [ONE, i] }, 'b')))),
  },
  {
    // Costs nothing before the next load: the text is one item, which this breaks into pieces.
    name: 'inserts at the start, before neighbors nearer and nearer',
    first: typed,
    bomb: (size) =>
      buildUpdate(structsOf(TWO, ...range(size, (i) => text({ rightOrigin: [ONE, size - 1 - i] }, 'b')))),
  },
  {
    name: 'inserts after one place, before neighbors further and further away',
    first: typed,
    bomb: (size) =>
      buildUpdate(
        structsOf(TWO, ...range(size - 1, (i) => text({ origin: [ONE, 0], rightOrigin: [ONE, i + 1] }, 'b'))),
      ),
  },
  {
    name: 'inserts again and again into what it says is empty',
    first: typed,
    bomb: (size) => buildUpdate(structsOf(TWO, ...range(size, () => text({}, 'b')))),
  },
  {
    name: 'puts line before line where another did the same, neither having seen the other',
    first: (size) => prepended(ONE, size),
    bomb: (size) => prepended(TWO, size),
  },
  {
    name: 'writes one key as if for the first time, under many client ids',
    first: (size) => firstWrites(10, size),
    bomb: (size) => firstWrites(10 + size, size),
  },
]

function firstWrites(firstClient: number, size: number): Uint8Array {
  const write = item(8, { key: 'k' }, (encoder) => {
    writeVarUint(encoder, 1)
    writeAny(encoder, 1)
  })
  return buildUpdate({
    structs: range(size, (i) => ({ client: firstClient + i, clock: 0, list: [write] })),
  })
}
