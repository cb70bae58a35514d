import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { grantLines } from '../../src/config/grants.ts'
import { loadConfig } from '../../src/config/load.ts'
import { tempDir } from '../support/temp-dir.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/access.md'), 'utf8')
/** Blocks that begin with the name of a file are whole configurations. */
const FILES = [...PAGE.matchAll(/```yaml\n# (\S+\.yaml)\n(.*?)```/gs)].map(([, name = '', text = '']) => ({
  name,
  text,
}))

test('docs/access.md has a configuration for every source', () => {
  for (const name of ['jwt.yaml', 'jwt-secret.yaml', 'headers.yaml', 'jupyter.yaml']) {
    assert.ok(
      FILES.some((file) => file.name === name),
      name,
    )
  }
})

for (const { name, text } of FILES) {
  test(`the configuration ${name} of docs/access.md loads with the files that it names`, async (t) => {
    const folder = await tempDir(t)
    const inFolder = text.replaceAll(
      /^(\s*\w+File:) \.\/(\S+)$/gm,
      (_, key: string, file: string) => `${key} ${join(folder, file)}`,
    )
    for (const [, file = ''] of text.matchAll(/File: \.\/(\S+)$/gm)) {
      await writeFile(join(folder, file), 'a-secret-of-more-than-32-characters!\n')
    }
    const path = join(folder, name)
    await writeFile(path, inFolder)
    const { config } = await loadConfig({ environment: {}, file: path })
    assert.ok(grantLines(config).length > 0)
  })
}
