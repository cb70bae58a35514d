/** Randomness that a seed decides: a stream of its own for each room, author and purpose. */
import * as prng from 'lib0/prng'

export type Random = prng.PRNG

/** Streams of different paths are independent, so one more author changes nobody else's. */
export function createRandom(seed: number, ...path: readonly (string | number)[]): Random {
  // The generator fills its state by a xorshift, which never leaves 0.
  return prng.create(hashPath(seed, ...path) || 1)
}

/** 32 bits that look random: FNV-1a, then the finalizer of MurmurHash3 to spread the last characters. */
export function hashPath(seed: number, ...path: readonly (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const part of [seed, ...path]) {
    const text = String(part)
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    // Ends the part: ('1', '2') is another path than ('12').
    hash = Math.imul(hash ^ 0x1f, 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** From 0 to below 1, the same each time: for schedules that are entered anywhere. */
export function hashFraction(seed: number, ...path: readonly (string | number)[]): number {
  return hashPath(seed, ...path) / 2 ** 32
}

/** A whole number, both ends included. */
export function between(random: Random, from: number, to: number): number {
  return Math.floor(random.next() * (to - from + 1)) + from
}

export function isLucky(random: Random, probability: number): boolean {
  return random.next() < probability
}

export function pick<T>(random: Random, list: readonly T[]): T {
  const picked = list[Math.floor(random.next() * list.length)]
  if (picked === undefined) throw new Error('nothing to pick from')
  return picked
}

/** Log-normal with this mean; `sigma` is that of the logarithm. */
export function logNormal(random: Random, mean: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return mean * Math.exp(sigma * normal - (sigma * sigma) / 2)
}
