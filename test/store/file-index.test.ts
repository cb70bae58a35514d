import assert from 'node:assert/strict'
import { type TestContext, describe, it } from 'node:test'
import { ClassicLevel } from 'classic-level'
import fc from 'fast-check'
import { SyncError } from '../../src/protocol/errors.ts'
import { LevelFileIndex } from '../../src/store/file-index.ts'
import { until } from '../support/until.ts'
import { storeFixture } from './store-fixture.ts'

const seed = Number(process.env['FC_SEED'] ?? 20263)

async function newIndex(t: TestContext): Promise<LevelFileIndex> {
  const { open } = await storeFixture(t, 'never')
  return new LevelFileIndex((await open()).database)
}

describe('the file index', () => {
  it('[STORE-19] gives a path one id, once, however many ask at the same time', async (t) => {
    const index = await newIndex(t)
    assert.equal(await index.find('a.ipynb'), undefined)
    const answers = await Promise.all([1, 2, 3].map(async () => index.idFor('a.ipynb')))
    assert.equal(new Set(answers.map(({ fileId }) => fileId)).size, 1)
    assert.deepEqual(
      answers.map(({ isNew }) => isNew),
      [true, false, false],
    )
    assert.equal(await index.find('a.ipynb'), answers[0]?.fileId)
    assert.equal(await index.pathOf(answers[0]!.fileId), 'a.ipynb')
  })

  it('[STORE-19] remembers across restarts', async (t) => {
    const { open } = await storeFixture(t)
    const first = await open()
    const { fileId } = await new LevelFileIndex(first.database).idFor('folder/ä.ipynb')
    await first.database.close()
    const index = new LevelFileIndex((await open()).database)
    assert.deepEqual(await index.idFor('folder/ä.ipynb'), { fileId, isNew: false })
    assert.equal(await index.pathOf(fileId), 'folder/ä.ipynb')
  })

  it('[STORE-19] follows a renamed folder and leaves its namesakes alone', async (t) => {
    const index = await newIndex(t)
    const paths = ['lab', 'lab/a.ipynb', 'lab/deep/b.ipynb', 'lab2/c.ipynb', 'lab.ipynb']
    const ids = await Promise.all(paths.map(async (path) => (await index.idFor(path)).fileId))
    await index.move('lab', 'course/week 1')
    const after = await Promise.all(ids.map(async (id) => index.pathOf(id)))
    assert.deepEqual(after, [
      'course/week 1',
      'course/week 1/a.ipynb',
      'course/week 1/deep/b.ipynb',
      'lab2/c.ipynb',
      'lab.ipynb',
    ])
    assert.equal(await index.find('lab/a.ipynb'), undefined)
    assert.equal(await index.find('course/week 1/a.ipynb'), ids[1])
  })

  it('[STORE-20] forgets what a rename overwrites', async (t) => {
    const index = await newIndex(t)
    const kept = (await index.idFor('draft.ipynb')).fileId
    const gone = (await index.idFor('final.ipynb')).fileId
    await index.move('draft.ipynb', 'final.ipynb')
    assert.equal(await index.find('final.ipynb'), kept)
    assert.equal(await index.pathOf(gone), undefined)
    assert.ok((await index.idFor('draft.ipynb')).isNew)
  })

  it('[STORE-20] forgets the old file when one that was never opened takes its name', async (t) => {
    const index = await newIndex(t)
    const { fileId } = await index.idFor('final.ipynb')
    await index.move('unknown.ipynb', 'final.ipynb')
    assert.equal(await index.pathOf(fileId), undefined)
    assert.equal(await index.find('final.ipynb'), undefined)
  })

  it('[STORE-20] forgets a removed file or folder', async (t) => {
    const index = await newIndex(t)
    const first = (await index.idFor('lab/a.ipynb')).fileId
    const other = (await index.idFor('lab2/a.ipynb')).fileId
    await index.remove('lab')
    assert.equal(await index.pathOf(first), undefined)
    assert.equal(await index.pathOf(other), 'lab2/a.ipynb')
    const again = await index.idFor('lab/a.ipynb')
    assert.ok(again.isNew && again.fileId !== first)
  })

  it('takes a path as one and the same with and without slashes at its ends', async (t) => {
    const index = await newIndex(t)
    const { fileId } = await index.idFor('/lab/a.ipynb')
    assert.equal(await index.find('lab//a.ipynb/'), fileId)
    await index.move('lab/', '/lab')
    assert.equal(await index.pathOf(fileId), 'lab/a.ipynb')
  })

  it('[STORE-19] does not remember an answer that a rename has overtaken', async (t) => {
    const index = await newIndex(t)
    const { fileId } = await index.idFor('old.ipynb')
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    const prototype = ClassicLevel.prototype as unknown as { _get: (...args: unknown[]) => Promise<unknown> }
    const original = prototype._get
    const slowed = t.mock.method(prototype, '_get', async function (this: unknown, ...args: unknown[]) {
      const value = await original.apply(this, args)
      await gate
      return value
    })
    const answers = [index.find('old.ipynb'), index.pathOf(fileId)]
    await until(() => slowed.mock.callCount() === 2)
    await index.move('old.ipynb', 'new.ipynb')
    release()
    assert.deepEqual(await Promise.all(answers), [fileId, 'old.ipynb'])
    assert.equal(await index.find('old.ipynb'), undefined)
    assert.equal(await index.pathOf(fileId), 'new.ipynb')
  })

  it('refuses a path that names nothing', async (t) => {
    const index = await newIndex(t)
    const isRefusal = (error: unknown): boolean => error instanceof SyncError && error.code === 'bad_request'
    await assert.rejects(index.idFor(''), isRefusal)
    await assert.rejects(index.remove('/'), isRefusal)
    await assert.rejects(index.move('a', '//'), isRefusal)
    await assert.rejects(index.find(`x/${'y'.repeat(70_000)}`), isRefusal)
  })

  it('[STORE-19] [STORE-20] agrees with a plain map after any sequence of changes', async (t) => {
    const anyPath = fc
      .array(fc.constantFrom('a', 'b', 'a.b'), { minLength: 1, maxLength: 3 })
      .map((path) => path.join('/'))
    const anyStep = fc.oneof(
      fc.record({ kind: fc.constant('idFor' as const), path: anyPath }),
      fc.record({ kind: fc.constant('remove' as const), path: anyPath }),
      fc.record({ kind: fc.constant('move' as const), path: anyPath, to: anyPath }),
    )
    const { open } = await storeFixture(t, 'never')
    const { database } = await open()
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 12 }), async (steps) => {
        // Each run in a folder of its own: opening a database per run would take far longer.
        run += 1
        const at = (path: string): string => `run${run}/${path}`
        const index = new LevelFileIndex(database)
        const model = new Map<string, string>()
        for (const step of steps) {
          if (step.kind === 'idFor') model.set(step.path, (await index.idFor(at(step.path))).fileId)
          else if (step.kind === 'remove') {
            await index.remove(at(step.path))
            removeFrom(model, step.path)
          } else {
            await index.move(at(step.path), at(step.to))
            moveIn(model, step.path, step.to)
          }
          // Through the caches, after every step.
          for (const [path, id] of model) {
            assert.equal(await index.find(at(path)), id)
            assert.equal(await index.pathOf(id as never), at(path))
          }
        }
        const fresh = new LevelFileIndex(database)
        for (const [path, id] of model) assert.equal(await fresh.find(at(path)), id)
      }),
      { seed, numRuns: 60 },
    )
  })
})

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

function removeFrom(model: Map<string, string>, folder: string): void {
  for (const path of model.keys()) if (isBelow(path, folder)) model.delete(path)
}

function moveIn(model: Map<string, string>, from: string, to: string): void {
  if (from === to) return
  const moved = [...model].filter(([path]) => isBelow(path, from))
  removeFrom(model, from)
  removeFrom(model, to)
  for (const [path, id] of moved) model.set(to + path.slice(from.length), id)
}
