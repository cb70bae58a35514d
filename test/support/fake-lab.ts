import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the fake `jupyter` does when it is started as a server. */
export type FakeBehavior = 'broken' | 'ends' | 'stubborn' | 'other-token' | 'no-token' | 'silent' | ''

export type FakeStart = {
  readonly pid: number
  readonly args: readonly string[]
  readonly cwd: string
  readonly token: string
}

/** A `jupyter` command in `folder`, with the front-end packages of a collaborative JupyterLab. */
export async function installFakeJupyter(folder: string, version = '4.6.6'): Promise<string> {
  const command = join(folder, 'jupyter')
  await mkdir(folder, { recursive: true })
  // A copy and not a link: the fake finds its files beside itself. Without an ending it is a
  // CommonJS file to Node, so a package.json says otherwise.
  await copyFile(fileURLToPath(new URL('fake-jupyter.mjs', import.meta.url)), command)
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  for (const [path, facts] of [
    ['lab/static', { version }],
    ['labextensions/@jupyter/collaboration-extension', { version: '5.0.4' }],
    ['labextensions/@jupyter/docprovider-extension', { version: '5.0.4' }],
  ] as const) {
    await mkdir(join(folder, 'share', path), { recursive: true })
    await writeFile(join(folder, 'share', path, 'package.json'), JSON.stringify(facts))
  }
  return command
}

export async function setFakeBehavior(folder: string, behavior: FakeBehavior): Promise<void> {
  await writeFile(join(folder, 'behavior'), behavior)
}

/** Every start as a server, oldest first. */
export async function fakeStarts(folder: string): Promise<readonly FakeStart[]> {
  const text = await readFile(join(folder, 'starts'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FakeStart)
}
