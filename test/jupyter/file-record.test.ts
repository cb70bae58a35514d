import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type BindingRecord,
  decodeRecord,
  digestOf,
  encodeRecord,
  isSameStamp,
  packContent,
} from '../../src/jupyter/file-binding-record.ts'
import type { FileId } from '../../src/protocol/names.ts'

const seed = Number(process.env['FC_SEED'] ?? 2_811)

async function recordOf(path: string, content: unknown, hash: string | undefined): Promise<BindingRecord> {
  const packed = await packContent(content)
  const base = {
    content,
    digest: digestOf(content),
    eol: [['crlf', 2]] as const,
    packed,
    hash,
    lastModified: '2026',
  }
  return { path, fileId: 'id' as FileId, base, intent: hash }
}

test('[JUPYTER-16] a record comes back as it was', async () => {
  const hash = fc.option(fc.string(), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.jsonValue(), hash, async (path, content, of) => {
      const record = await recordOf(path, JSON.parse(JSON.stringify(content)), of)
      const decoded = await decodeRecord(encodeRecord(record))
      assert.deepEqual(
        { ...decoded, base: { ...decoded?.base, packed: undefined } },
        { ...record, base: { ...record.base, packed: undefined } },
      )
    }),
    { seed, numRuns: 200 },
  )
})

test('[JUPYTER-4] a damaged or foreign record is none, never an error', async () => {
  const bytes = encodeRecord(await recordOf('a.txt', 'some content', 'hash'))
  assert.equal(await decodeRecord(new Uint8Array()), undefined)
  for (let length = 0; length < bytes.length; length += 1)
    assert.equal(await decodeRecord(bytes.subarray(0, length)), undefined, `cut at ${length}`)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (garbage) => {
      assert.equal(await decodeRecord(garbage), undefined)
    }),
    { seed, numRuns: 200 },
  )
})

test('[JUPYTER-31] a hash says more than a time', () => {
  const stamp = (hash: string | undefined, lastModified: string) => ({ hash, lastModified })
  assert.ok(isSameStamp(stamp('a', '1'), stamp('a', '2')))
  assert.ok(!isSameStamp(stamp('a', '1'), stamp('b', '1')))
  assert.ok(isSameStamp(stamp(undefined, '1'), stamp('b', '1')))
  assert.ok(!isSameStamp(stamp(undefined, '1'), stamp(undefined, '2')))
})

test('[JUPYTER-16] a text is not mistaken for the notebook of the same letters', () => {
  const notebook = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 }
  assert.notEqual(digestOf(notebook), digestOf(JSON.stringify(notebook)))
})
