import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { ReaderView, asReadOnly } from '../../../src/jupyter/gateway/reader-view.ts'

async function viewed(text: string, maxBytes: number, chunkBytes = 7): Promise<string> {
  const bytes = Buffer.from(text)
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes))
  return (await buffer(Readable.from(chunks).pipe(new ReaderView(maxBytes)))).toString('utf8')
}

test('[GATEWAY-12] a file and every entry of a directory are shown as not writable', () => {
  const entry = { name: 'a', type: 'file', writable: true, content: null }
  assert.deepEqual(asReadOnly(entry), { ...entry, writable: false })
  assert.deepEqual(
    asReadOnly({ type: 'directory', writable: true, content: [entry, { ...entry, type: 'directory' }] }),
    {
      type: 'directory',
      writable: false,
      content: [
        { ...entry, writable: false },
        { ...entry, type: 'directory', writable: false },
      ],
    },
  )
})

test('[GATEWAY-12] the content of a file is not touched, even when it has a key of that name', () => {
  const notebook = { cells: [{ metadata: { writable: true } }], writable: true }
  const model = { type: 'notebook', writable: true, content: notebook }
  assert.deepEqual(asReadOnly(model), { ...model, writable: false })
})

test('what is no contents model passes as it is', async () => {
  for (const value of [null, 7, 'text', [], [{ writable: true }], { message: 'no' }]) {
    assert.deepEqual(asReadOnly(value), value)
  }
  assert.equal(await viewed('{"writable": true', 100), '{"writable": true')
})

test('[GATEWAY-12] an answer is rewritten up to the limit and passes whole above it', async () => {
  const text = '{"name": "ü", "writable": true}'
  const size = Buffer.byteLength(text)
  assert.equal(await viewed(text, size), '{"name":"ü","writable":false}')
  assert.equal(await viewed(text, size - 1), text)
})
