import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ExportFolder } from '../../src/cli/export-folder.ts'
import { safeFileName } from '../../src/cli/safe-file-name.ts'
import { tempDir } from '../support/temp-dir.ts'

const SEED = Number(process.env['FC_SEED'] ?? 20261124)

describe('names of exported files', () => {
  const cases: [string, string][] = [
    ['notes.txt', 'notes.txt'],
    ['.gitignore', '.gitignore'],
    ['näme 1.ipynb', 'näme 1.ipynb'],
    ['.', '%2E'],
    ['..', '.%2E'],
    ['', '%'],
    ['a/b', 'a%2Fb'],
    ['a\\b', 'a%5Cb'],
    ['a:b', 'a%3Ab'],
    ['100%', '100%25'],
    ['end.', 'end%2E'],
    ['nul', '%nul'],
    ['COM1.txt', '%COM1.txt'],
    ['console', 'console'],
    ['a\u0000b\nc', 'a%00b%0Ac'],
  ]
  for (const [name, expected] of cases) {
    it(`writes ${JSON.stringify(name)} as ${expected}`, () => assert.equal(safeFileName(name), expected))
  }

  it('keeps long ones apart, with their extension', () => {
    const [one, other] = [`${'ö'.repeat(300)}1.ipynb`, `${'ö'.repeat(300)}2.ipynb`].map(safeFileName)
    assert.notEqual(one, other)
    assert.ok(one?.endsWith('.ipynb') && Buffer.byteLength(one) <= 200)
  })

  it('never leave the folder, whatever people and clients call things', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('..', '.', '', '/', '\\', '%2e%2e', '.. ', '../..'),
    )
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (path) => {
        const safe = path.map(safeFileName)
        const inside = relative('/export', resolve('/export', ...safe))
        assert.equal(inside.split('/').length, path.length)
        assert.notEqual(inside.split('/')[0], '..')
        for (const segment of safe) assert.ok(Buffer.byteLength(segment) <= 200)
      }),
      { seed: SEED, numRuns: 2_000 },
    )
  })
})

describe('the folder of an export', () => {
  it('gives a second file of a name a number, and a folder where a file is', async (t) => {
    const root = await tempDir(t)
    const folder = new ExportFolder(root)
    const paths = await folder.write([
      { path: ['files', 'a.txt'], content: 'first' },
      { path: ['files', 'a.txt'], content: 'second' },
      { path: ['files', 'a.txt', 'inner'], content: 'third' },
      { path: ['files', 'plain'], content: 'fourth' },
      { path: ['files', 'plain'], content: new Uint8Array([5]) },
      { path: ['..', '..', 'passwd'], content: 'sixth' },
    ])
    assert.deepEqual(paths, [
      'files/a.txt',
      'files/a~2.txt',
      'files/a~3.txt/inner',
      'files/plain',
      'files/plain~2',
      '.%2E/.%2E/passwd',
    ])
    assert.equal(await readFile(join(root, 'files/a~2.txt'), 'utf8'), 'second')
    assert.deepEqual(await readFile(join(root, 'files/plain~2')), Buffer.from([5]))
  })
})
