import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  SecretFilter,
  replaceSecret,
  secretReplacements,
} from '../../../src/jupyter/gateway/secret-filter.ts'

const seed = Number(process.env['FC_SEED'] ?? 20261124)
const TOKEN = 'aab0aab0aab0aab1'

async function filtered(token: string, chunks: readonly (string | Buffer)[]): Promise<string> {
  const source = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
  return (await buffer(source.pipe(new SecretFilter(secretReplacements(token))))).toString('utf8')
}

test('[GATEWAY-2] JupyterLab finds an empty token in its page', async () => {
  assert.equal(await filtered(TOKEN, [`{"token": "${TOKEN}", "x": 1}`]), '{"token": "", "x": 1}')
})

test('[GATEWAY-2] the token is found however the page is cut, and nothing else is lost', async () => {
  const piece = fc.oneof(
    fc.constantFrom(TOKEN, TOKEN.slice(0, 5), TOKEN.slice(4), 'aab0', '', 'ü€'),
    fc.string({ maxLength: 6 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(40)), async (pieces, cuts) => {
      const page = Buffer.from(pieces.join(''))
      const edges = [0, ...cuts.filter((cut) => cut < page.length), page.length].toSorted((a, b) => a - b)
      const chunks = edges.slice(1).map((end, index) => page.subarray(edges[index], end))
      assert.equal(await filtered(TOKEN, chunks), page.toString('utf8').replaceAll(TOKEN, ''))
    }),
    { seed },
  )
})

test('[GATEWAY-2] a token with special characters is found in every spelling that a page uses', async () => {
  const token = `a<b>&"quote"'ü/ 16`
  const spellings = [
    token,
    JSON.stringify(token),
    `a\\u003cb\\u003e\\u0026\\"quote\\"\\u0027ü/ 16`,
    'a&lt;b&gt;&amp;&#34;quote&#34;&#39;ü/ 16',
    'a&lt;b&gt;&amp;&quot;quote&quot;&#x27;ü/ 16',
    encodeURIComponent(token),
  ]
  for (const spelling of spellings) {
    const page = await filtered(token, ['<p>', spelling, '</p>'])
    assert.ok(page === '<p></p>' || page === '<p>""</p>', page)
  }
})

test('[GATEWAY-2] a short token goes where it is a value, and the same word elsewhere stays', async () => {
  const page = `<a href="/jupyter/lab?token=jupyter">jupyter</a> {"token": "jupyter", "name": "jupyterlab"}`
  assert.equal(
    await filtered('jupyter', [page]),
    '<a href="/jupyter/lab?token=">jupyter</a> {"token": "", "name": "jupyterlab"}',
  )
})

test('without a token nothing is looked for', async () => {
  assert.deepEqual(secretReplacements(''), [])
  assert.equal(await filtered('', ['a', 'b']), 'ab')
})

test('[GATEWAY-2] headers are cleaned like pages', () => {
  assert.equal(replaceSecret(`/lab?token=${TOKEN}&a=1`, secretReplacements(TOKEN)), '/lab?token=&a=1')
})
