import assert from 'node:assert/strict'
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ConfigFileWatch } from '../../src/config/config-file-watch.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

type Fixture = {
  readonly folder: string
  readonly file: string
  readonly seen: string[]
  readonly errors: unknown[]
}

/** What the file held each time that a change was told. */
async function fixture(
  t: TestContext,
  prepare?: (folder: string) => Promise<void>,
  settleMs = 30,
): Promise<Fixture> {
  const folder = await tempDir(t)
  const file = join(folder, 'outrigger.yaml')
  if (prepare === undefined) await writeFile(file, 'one')
  else await prepare(folder)
  const seen: string[] = []
  const errors: unknown[] = []
  const look = async (): Promise<void> => {
    seen.push(await readFile(file, 'utf8').catch(() => 'missing'))
  }
  const watch = new ConfigFileWatch({
    file,
    settleMs,
    onChange: () => void look().catch(() => {}),
    onError: (error) => errors.push(error),
  })
  t.after(() => watch.close())
  return { folder, file, seen, errors }
}

test('[ACCESS-47] a file that is written in place is told about when its writer is done', async (t) => {
  // Between emptying a file and filling it a busy machine may take a while.
  const { file, seen } = await fixture(t, undefined, 500)
  await writeFile(file, 'two')
  await until(() => seen.at(-1) === 'two')
  for (let i = 0; i < 20; i += 1) await writeFile(file, `three ${i}`)
  await until(() => seen.at(-1) === 'three 19')
  assert.ok(!seen.includes(''), 'a file that was half written was told about')
})

test('[ACCESS-47] a file that is put in place of another is told about, again and again', async (t) => {
  const { folder, file, seen } = await fixture(t)
  for (const text of ['two', 'three', 'four']) {
    await writeFile(join(folder, 'new'), text)
    await rename(join(folder, 'new'), file)
    await until(() => seen.at(-1) === text)
  }
})

test('[ACCESS-47] a file that is removed and comes back is told about', async (t) => {
  const { file, seen } = await fixture(t)
  await rm(file)
  await until(() => seen.at(-1) === 'missing')
  await writeFile(file, 'two')
  await until(() => seen.at(-1) === 'two')
})

test('[ACCESS-47] a mounted folder whose ..data link moves is followed, as Kubernetes changes files', async (t) => {
  const version = async (folder: string, name: string, text: string): Promise<void> => {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'outrigger.yaml'), text)
    await symlink(name, join(folder, '..tmp'))
    await rename(join(folder, '..tmp'), join(folder, '..data'))
  }
  const { folder, seen, errors } = await fixture(t, async (made) => {
    await version(made, '..v1', 'one')
    await symlink(join('..data', 'outrigger.yaml'), join(made, 'outrigger.yaml'))
  })
  for (const number of [2, 3]) {
    await version(folder, `..v${number}`, `version ${number}`)
    await rm(join(folder, `..v${number - 1}`), { recursive: true })
    await until(() => seen.at(-1) === `version ${number}`)
  }
  assert.deepEqual(errors, [])
})

test('[ACCESS-47] a link to a file elsewhere is followed, also after it leads to another one', async (t) => {
  const { folder, seen } = await fixture(t, async (made) => {
    for (const name of ['a', 'b']) {
      await mkdir(join(made, name))
      await writeFile(join(made, name, 'file.yaml'), name)
    }
    await symlink(join('a', 'file.yaml'), join(made, 'outrigger.yaml'))
  })
  await writeFile(join(folder, 'a', 'file.yaml'), 'changed a')
  await until(() => seen.at(-1) === 'changed a')
  await symlink(join('b', 'file.yaml'), join(folder, 'link'))
  await rename(join(folder, 'link'), join(folder, 'outrigger.yaml'))
  await until(() => seen.at(-1) === 'b')
  await writeFile(join(folder, 'b', 'file.yaml'), 'changed b')
  await until(() => seen.at(-1) === 'changed b')
})

test('what else happens in the folder is not told, and a folder that is not there is an error', async (t) => {
  const { folder, file, seen, errors } = await fixture(t)
  await writeFile(join(folder, 'other.yaml'), 'x')
  await writeFile(file, 'two')
  await until(() => seen.length > 0)
  assert.deepEqual(seen, ['two'])
  const watch = new ConfigFileWatch({
    file: join(folder, 'nowhere', 'outrigger.yaml'),
    onChange: () => assert.fail('nothing is there'),
    onError: (error) => errors.push(error),
  })
  watch.close()
  watch.close()
  assert.match(String(errors[0]), /ENOENT/)
})
