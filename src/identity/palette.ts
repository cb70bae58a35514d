/**
 * Colors of people: dark enough for white letters on them (contrast 4:1), and chosen in the OKLab
 * space so that the two most similar are as unlike as twenty colors can be. Unlike ones come first.
 */
export const PALETTE = [
  '#0132d9',
  '#f90330',
  '#3f9015',
  '#ac49f9',
  '#b36e0d',
  '#248b88',
  '#bd1e84',
  '#005725',
  '#0a7bda',
  '#9b1207',
  '#7f059b',
  '#6d4b04',
  '#916eb4',
  '#2c4d7d',
  '#bd3a2b',
  '#6c35ec',
  '#2b7440',
  '#703756',
  '#6951a5',
  '#786268',
] as const

/** Deterministic: the same id has the same favorite color everywhere. */
export function favoriteColor(id: string): string {
  return PALETTE[hash(id) % PALETTE.length] ?? PALETTE[0]
}

/**
 * The favorite color, or the next one after it that nobody has. When all are taken, people share.
 */
export function freeColor(id: string, taken: ReadonlySet<string>): string {
  const first = hash(id) % PALETTE.length
  const inOrder = [...PALETTE.slice(first), ...PALETTE.slice(0, first)]
  return inOrder.find((color) => !taken.has(color)) ?? favoriteColor(id)
}

/** FNV-1a, 32 bits: spreads short names well, and is not meant to keep anything secret. */
export function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193)
  return value >>> 0
}
