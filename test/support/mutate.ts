import type { Random } from './random-document.ts'

/** Changes one to three things in `update`; `others` give pieces to put in. */
export function mutate(update: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = [...update]
  for (let i = random.int(3); i >= 0; i -= 1) bytes = mutateOnce(bytes, others, random)
  return Uint8Array.from(bytes)
}

/** Numbers that mean something: lengths, content kinds, flags, ends of varints. */
const TELLING = [0, 1, 2, 4, 7, 8, 10, 0x21, 0x27, 0x44, 0x7f, 0x80, 0x84, 0xff]

function mutateOnce(bytes: number[], others: readonly Uint8Array[], random: Random): number[] {
  const at = random.int(bytes.length + 1)
  const value = bytes[at] ?? 0
  switch (random.int(9)) {
    case 0:
      return bytes.with(Math.min(at, bytes.length - 1), value ^ (1 << random.int(8)))
    case 1:
      return bytes.slice(0, Math.max(1, at))
    case 2:
      return bytes.toSpliced(at, 0, random.int(256))
    case 3:
      return bytes.length > 1 ? bytes.toSpliced(at, 1) : bytes
    case 4:
      return bytes.toSpliced(at, 0, 0x80 | random.int(128), 0x80, 0x80, random.int(128))
    case 5:
      return bytes.toSpliced(at, 1, random.pick(TELLING))
    case 6:
      return bytes.toSpliced(at, 1, (value + random.pick([1, 255])) & 255)
    case 7: {
      const other = random.pick(others)
      const start = random.int(other.length)
      return bytes.toSpliced(at, 0, ...other.subarray(start, start + random.int(20)))
    }
    default: {
      const start = random.int(bytes.length)
      const piece = bytes.slice(start, start + 1 + random.int(12))
      return random.chance(0.5) ? bytes.toSpliced(at, 0, ...piece) : moved(bytes, start, piece, random)
    }
  }
}

function moved(bytes: readonly number[], start: number, piece: readonly number[], random: Random): number[] {
  const rest = bytes.toSpliced(start, piece.length)
  return rest.toSpliced(random.int(rest.length + 1), 0, ...piece)
}
