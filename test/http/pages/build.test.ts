import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { fillPage, loadPageFiles } from '../../../src/http/page-files.ts'
import { tempDir } from '../../support/temp-dir.ts'

const BUILD = fileURLToPath(new URL('../../../src/http/pages/build.ts', import.meta.url))

async function builtFiles(t: TestContext) {
  const directory = join(await tempDir(t), 'pages')
  await promisify(execFile)(process.execPath, ['--import', 'tsx', BUILD, directory])
  const files = await loadPageFiles(pathToFileURL(`${directory}/`))
  assert.ok(files !== undefined)
  return files
}

test('the build writes all pages, and every asset that they name is there', async (t) => {
  const { assets, html } = await builtFiles(t)
  for (const [page, text] of Object.entries(html)) {
    const named = [...text.matchAll(/(?:src|href)="assets\/([^"]+)"/g)].map((match) => match[1] ?? '')
    assert.equal(named.length, 2, page)
    for (const name of named) assert.ok(assets.has(name), name)
    assert.deepEqual(
      new Set(text.match(/\{\{.*?\}\}/g)),
      new Set(page === 'try' ? ['{{data}}', '{{nonce}}'] : ['{{data}}']),
    )
  }
  assert.equal(assets.size, 5)
  for (const [name, { bytes, gzipped, type }] of assets) {
    assert.match(name, /^(access|status|try|style)-[A-Z0-9]{8}\.(js|css)$/)
    assert.match(type, /^text\/(javascript|css)/)
    assert.deepEqual(gunzipSync(gzipped), bytes)
  }
})

test('the pages load nothing from elsewhere and have no inline script', async (t) => {
  const { html } = await builtFiles(t)
  for (const text of Object.values(html)) {
    for (const [, target = ''] of text.matchAll(/(?:src|href|action)="([^"]*)"/g)) {
      assert.doesNotMatch(target, /^(?:https?:)?\/\//)
    }
    assert.doesNotMatch(text, /<script(?![^>]*(?:src=|application\/json))/)
    assert.doesNotMatch(text, / on\w+=| style=/)
  }
})

test('without a build there are no pages, and nothing breaks', async (t) => {
  assert.equal(await loadPageFiles(pathToFileURL(`${await tempDir(t)}/`)), undefined)
})

test('data written into a page stays data', () => {
  const data = { name: '</script><script>alert(1)</script>$&{{nonce}}' }
  const html = fillPage('<script type="application/json">{{data}}</script>', { data, nonce: 'n' })
  assert.equal(html.match(/<script/g)?.length, 1)
  const json = /json">(.*)<\/script>$/.exec(html)?.[1] ?? ''
  assert.equal(JSON.parse(json).name, data.name)
})
