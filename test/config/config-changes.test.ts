import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configChanges, ownerFault } from '../../src/config/config-changes.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import { tempDir } from '../support/temp-dir.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const TOKEN = `sha256:${'a'.repeat(64)}`
const BASE = `users: [{name: ada, tokens: ["${TOKEN}"]}, {name: lin, tokens: []}]\n`
const OWNED = `${BASE}resource: {owner: "user:ada"}\n`

test('[ACCESS-47] people, groups, viewers and their default can change while running, nothing else', async (t) => {
  const load = await loader(t)
  const running = await load(OWNED)
  assert.deepEqual(configChanges(running, await load(OWNED)), { live: [], atRestart: [] })
  const next = await load(
    `${BASE.replace('lin', 'rea')}groups: {lab: [rea]}\nresource: {owner: "user:ada", viewers: [{group: lab}]}\nauth: {defaultViewerAccess: read, sessionMs: 70000}\nrooms: {maxOpen: 7}\n`,
  )
  const { live, atRestart } = configChanges(running, next)
  assert.deepEqual(live.toSorted(), ['auth.defaultViewerAccess', 'groups', 'resource.viewers', 'users'])
  assert.deepEqual(atRestart.toSorted(), ['auth.sessionMs', 'rooms.maxOpen'])
})

test('[ACCESS-47] with another way of signing in, people wait for the restart too', async (t) => {
  const load = await loader(t)
  const running = await load(OWNED)
  const open = await load('auth: {mode: open}\n')
  for (const [before, after] of [
    [running, open],
    [open, running],
  ] as const) {
    const { live, atRestart } = configChanges(before, after)
    assert.deepEqual(live, [])
    assert.ok(atRestart.includes('auth.mode') && atRestart.includes('users'))
  }
})

test('[ACCESS-47] another owner is a fault that names the rule', async (t) => {
  const load = await loader(t)
  const running = await load(OWNED)
  assert.equal(ownerFault(running, await load(OWNED)), undefined)
  const fault = ownerFault(running, await load(`${BASE}resource: {owner: "user:lin"}\n`))
  assert.match(fault?.problem ?? '', /owner_immutable/)
})

async function loader(t: Parameters<typeof tempDir>[0]): Promise<(text: string) => Promise<Config>> {
  const file = join(await tempDir(t), 'outrigger.yaml')
  return async (text) => {
    await writeFile(file, text)
    return (await loadConfig({ environment: {}, file })).config
  }
}
