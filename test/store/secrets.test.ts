import assert from 'node:assert/strict'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DataFolderError } from '../../src/store/data-folder-error.ts'
import { readOrCreateSecret } from '../../src/store/secrets.ts'
import { tempDir } from '../support/temp-dir.ts'

describe('a secret', () => {
  it('[STORE-21] is created once, and stays the same', async (t) => {
    const directory = await tempDir(t)
    const secret = await readOrCreateSecret(directory, 'cookie', 32)
    assert.equal(secret.length, 32)
    assert.notDeepEqual(secret, Buffer.alloc(32))
    assert.deepEqual(await readOrCreateSecret(directory, 'cookie', 32), secret)
    assert.notDeepEqual(await readOrCreateSecret(directory, 'other', 32), secret)
  })

  it('[STORE-21] is the same for all who ask at once, and leaves nothing else behind', async (t) => {
    const directory = await tempDir(t)
    const asked = Array.from({ length: 8 }, async () => readOrCreateSecret(directory, 'cookie', 32))
    const secrets = new Set((await Promise.all(asked)).map((secret) => secret.toString('hex')))
    assert.equal(secrets.size, 1)
    assert.deepEqual(await readdir(directory), ['cookie.secret'])
  })

  it('[STORE-21] is readable by its owner only', async (t) => {
    const directory = await tempDir(t)
    await readOrCreateSecret(directory, 'cookie', 32)
    assert.equal((await stat(join(directory, 'cookie.secret'))).mode & 0o777, 0o600)
  })

  it('is refused, with the way out, when the file cannot be it', async (t) => {
    const directory = await tempDir(t)
    await writeFile(join(directory, 'cookie.secret'), 'short')
    await assert.rejects(readOrCreateSecret(directory, 'cookie', 32), (error) => {
      assert.ok(error instanceof DataFolderError)
      assert.match(error.message, /holds 5\. Remove it/)
      return true
    })
  })
})
