import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PALETTE, favoriteColor } from '../../src/identity/palette.ts'
import { configuredPrincipals, initialsOf, visitorPrincipal } from '../../src/identity/principal.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20_261)

test('[ACCESS-14] configured users have different colors as far as the palette goes', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: PALETTE.length })
  fc.assert(
    fc.property(names, (chosen) => {
      const colors = [...configuredPrincipals(chosen.map(user), {}).values()].map(({ color }) => color)
      assert.equal(new Set(colors).size, chosen.length)
    }),
    { seed: SEED, numRuns: 200 },
  )
})

test('[ACCESS-14] a user added at the end changes nobody else, also beyond the palette', () => {
  const names = Array.from({ length: PALETTE.length + 5 }, (_, index) => `user${index}`)
  const all = configuredPrincipals(names.map(user), {})
  const fewer = configuredPrincipals(names.slice(0, -1).map(user), {})
  for (const [id, principal] of fewer) assert.deepEqual(all.get(id), principal)
  for (const { color } of all.values()) assert.ok((PALETTE as readonly string[]).includes(color))
})

test('[ACCESS-14] a configured color is kept, and nobody else gets it', () => {
  const others = Array.from({ length: PALETTE.length - 1 }, (_, index) => user(`user${index}`))
  const favorite = favoriteColor('user0')
  const principals = configuredPrincipals([...others, { ...user('ada'), color: favorite.toUpperCase() }], {})
  assert.equal(principals.get('ada')?.color, favorite.toUpperCase())
  const rest = others.map(({ name }) => principals.get(name)?.color)
  assert.ok(!rest.includes(favorite))
  assert.equal(new Set(rest).size, others.length)
})

test('the colors of the palette are told apart, also under white letters', () => {
  for (const [index, color] of PALETTE.entries()) {
    assert.ok(1.05 / (luminance(color) + 0.05) >= 3.9, `${color} is too light for white letters`)
    for (const other of PALETTE.slice(0, index)) {
      const [left, right] = [oklab(color), oklab(other)]
      const distance = Math.hypot(...left.map((value, axis) => value - (right[axis] ?? 0)))
      assert.ok(distance > 0.09, `${color} and ${other} are ${distance} apart`)
    }
  }
})

test('a principal carries the groups, names and initials of the configuration', () => {
  const principals = configuredPrincipals(
    [
      { ...user('ada'), displayName: 'Ada King Lovelace' },
      { ...user('grace'), initials: 'GH!' },
    ],
    { lab: ['ada', 'grace'], staff: ['ada'], empty: [] },
  )
  assert.deepEqual(principals.get('ada')?.groups, ['lab', 'staff'])
  assert.equal(principals.get('ada')?.displayName, 'Ada King Lovelace')
  assert.equal(principals.get('ada')?.initials, 'AL')
  assert.equal(principals.get('grace')?.displayName, 'grace')
  assert.equal(principals.get('grace')?.initials, 'GH!')
  assert.ok([...principals.values()].every(({ isAuthenticated }) => isAuthenticated))
})

for (const [displayName, initials] of [
  ['Ada Lovelace', 'AL'],
  ['grace', 'G'],
  ['  juan   de la  cruz ', 'JC'],
  ['Émile Zola', 'ÉZ'],
  ['e\u0301mile zola', 'E\u0301Z'],
  ['山田 太郎', '山太'],
  ["Conan O'Brien", 'CO'],
  ['ada.l@example', 'AE'],
  ['🦊', '?'],
  ['', '?'],
] as const) {
  test(`the initials of ${JSON.stringify(displayName)} are ${initials}`, () => {
    assert.equal(initialsOf(displayName), initials)
  })
}

test('[ACCESS-15] a visitor has a friendly name and a color that belong to its id', () => {
  const visitor = visitorPrincipal('0123456789abcdef')
  assert.match(visitor.displayName, /^[A-Z][a-z]+ [A-Z][a-z]+$/)
  assert.deepEqual(visitorPrincipal('0123456789abcdef'), visitor)
  assert.equal(visitor.id, 'visitor:0123456789abcdef')
  assert.equal(visitor.isAuthenticated, false)
  const names = new Set(Array.from({ length: 200 }, (_, index) => visitorPrincipal(`id${index}`).displayName))
  assert.ok(names.size > 150, `only ${names.size} names for 200 visitors`)
})

function user(name: string): { readonly name: string; readonly tokens: readonly string[] } {
  return { name, tokens: [] }
}

function linear(color: string): [number, number, number] {
  const channel = (at: number): number => {
    const value = parseInt(color.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return [channel(1), channel(3), channel(5)]
}

function luminance(color: string): number {
  const [red, green, blue] = linear(color)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** CSS Color 4: linear sRGB to OKLab. */
function oklab(color: string): readonly [number, number, number] {
  const [red, green, blue] = linear(color)
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

test('plain names get their initials without loading the tables of all languages', (t) => {
  t.mock.method(Intl, 'Segmenter', () => assert.fail('it was loaded'))
  assert.equal(initialsOf('Ada Lovelace'), 'AL')
  assert.equal(initialsOf('x'), 'X')
})
