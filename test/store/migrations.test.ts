import type { StoredDocument } from '../../src/room/ports.ts'
import assert from 'node:assert/strict'
import { cp, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import type { DocumentId } from '../../src/protocol/names.ts'
import { BackgroundTurns } from '../../src/room/background-turns.ts'
import { systemClock } from '../../src/room/clock.ts'
import { restoreDoc } from '../../src/room/restore-doc.ts'
import { DataFolderError } from '../../src/store/data-folder-error.ts'
import { LevelFileIndex } from '../../src/store/file-index.ts'
import type { LevelHandle } from '../../src/store/level-handle.ts'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { MIGRATIONS, type Migration, formatAfter } from '../../src/store/migrations.ts'
import { openLevelDatabase } from '../../src/store/open-level-database.ts'
import { tempDir } from '../support/temp-dir.ts'
import { LINEAGE, begin, contentOf, documentNamed, extend, textOf } from './append-items.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
const A = documentNamed('a')

describe('a stored example of an older version', () => {
  for (let format = 1; format <= formatAfter(MIGRATIONS); format += 1) {
    it(`[STORE-35] of format ${format} opens with everything in it`, async (t) => {
      const directory = join(await tempDir(t), 'data')
      await cp(join(FIXTURES, `format-${format}`), directory, { recursive: true })
      const database = await openLevelDatabase({ directory, fsync: 'always' })
      t.after(async () => database.close())
      const store = new LevelDocumentStore(database)
      assert.equal(store.token, 2)

      const typed = await store.load(documentNamed('typed'))
      assert.equal(typed?.lineage, LINEAGE)
      assert.equal(typed.snapshotSeq, 5)
      assert.equal(await restoredText(typed), 'one two three four five')

      const logged = await store.load(documentNamed('a:~_.b'))
      assert.equal(logged?.head, 6)
      assert.equal(await restoredText(logged), 'one two three four five')

      const files = new LevelFileIndex(database)
      const fileId = await files.find('work/näme.ipynb')
      assert.equal(await files.find('work/old name.ipynb'), undefined)
      const bound = await store.load(`jupyter/json:notebook:${fileId}` as DocumentId)
      assert.equal(textOf(bound?.binding), 'what file and document agreed on')

      await extend(store, documentNamed('typed'), [new Uint8Array([0, 0])])
      assert.equal((await store.load(documentNamed('typed')))?.head, 7)
    })
  }
})

/** Counts what each step did to the log of one document. */
function steps(failAt: { step: number } | undefined): { migrations: Migration[]; ran: number[] } {
  const ran: number[] = []
  const step = (to: number): Migration => ({
    to,
    what: `step ${to}`,
    run: async (handle: LevelHandle) => {
      ran.push(to)
      const key = Buffer.from(`step ${to}`)
      await handle.write([{ type: 'put', sublevel: 'damaged', key, value: Buffer.from('done') }], true)
      if (failAt?.step === to) throw new Error('the power went')
    },
  })
  return { migrations: [step(2), step(3), step(4)], ran }
}

async function usedFolder(t: TestContext): Promise<string> {
  const directory = join(await tempDir(t), 'data')
  const database = await openLevelDatabase({ directory, fsync: 'always' })
  await begin(new LevelDocumentStore(database), A, ['text'])
  await database.close()
  return directory
}

async function formatOf(directory: string): Promise<unknown> {
  return (JSON.parse(await readFile(join(directory, 'instance.json'), 'utf8')) as { format: unknown }).format
}

describe('bringing a store to a newer format', () => {
  it('[STORE-34] runs the steps that are missing, in order and once', async (t) => {
    const directory = await usedFolder(t)
    const { migrations, ran } = steps(undefined)
    for (const upTo of [1, 3, 3]) {
      const database = await openLevelDatabase({
        directory,
        fsync: 'always',
        migrations: migrations.slice(0, upTo),
      })
      assert.equal(await contentOf(new LevelDocumentStore(database), A), 'text')
      await database.close()
    }
    assert.deepEqual(ran, [2, 3, 4])
    assert.equal(await formatOf(directory), 4)
    assert.deepEqual(
      (await readdir(directory)).filter((name) => name.endsWith('.new')),
      [],
    )
  })

  it('[STORE-34] goes on where it was interrupted, and no older version opens what is half done', async (t) => {
    const directory = await usedFolder(t)
    const interrupted = steps({ step: 3 })
    await assert.rejects(
      openLevelDatabase({ directory, fsync: 'always', migrations: interrupted.migrations }),
      /the power went/,
    )
    await assert.rejects(
      openLevelDatabase({ directory, fsync: 'always' }),
      (error) => error instanceof DataFolderError && error.problem === 'too-new',
    )
    const { migrations, ran } = steps(undefined)
    const database = await openLevelDatabase({ directory, fsync: 'always', migrations })
    await database.close()
    assert.deepEqual(interrupted.ran, [2, 3])
    assert.deepEqual(ran, [3, 4], 'the interrupted one again, and not the one before it')
  })

  it('[STORE-34] needs no step for a new folder', async (t) => {
    const { migrations, ran } = steps(undefined)
    const directory = join(await tempDir(t), 'data')
    const database = await openLevelDatabase({ directory, fsync: 'always', migrations })
    await database.close()
    assert.deepEqual(ran, [])
    assert.equal(await formatOf(directory), 4)
  })

  it('numbers the steps without a hole', () => {
    assert.deepEqual(
      MIGRATIONS.map(({ to }) => to),
      MIGRATIONS.map((_, index) => index + 2),
    )
  })
})

async function restoredText(stored: StoredDocument | undefined): Promise<string> {
  const { doc } = await restoreDoc(stored, new BackgroundTurns(systemClock))
  return doc.getText('t').toJSON()
}
