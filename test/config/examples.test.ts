import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { renderDefaults, renderEffective } from '../../src/config/render.ts'
import { KEYS } from '../../src/config/schema.ts'

const EXAMPLES = new URL('../../config/', import.meta.url)

test('config/default.yaml is what `outrigger config --defaults` prints', async () => {
  const text = await readFile(new URL('default.yaml', EXAMPLES), 'utf8')
  assert.equal(text, renderDefaults())
})

test('config/default.yaml read as a file changes nothing but where values come from', async () => {
  const file = new URL('default.yaml', EXAMPLES).pathname
  const flags = { auth: 'open' }
  const read = await loadConfig({ environment: {}, file, flags })
  assert.deepEqual(read.config, (await loadConfig({ environment: {}, flags })).config)
  assert.equal(read.origins.get('limits.maxFrameBytes')?.kind, 'file')
})

test('config/default.yaml explains every key', async () => {
  const text = renderDefaults()
  for (const [key, { description, unit }] of KEYS) {
    const words = description.split(' ').slice(0, 4).join(' ')
    assert.ok(text.includes(words), `${key} is not explained`)
    if (unit !== undefined)
      assert.ok(key.toLowerCase().endsWith(unit), `${key} does not end in its unit ${unit}`)
  }
})

test('config/team.yaml loads: a group owns, one viewer edits, one only reads', async () => {
  const file = new URL('team.yaml', EXAMPLES).pathname
  const { config } = await loadConfig({ environment: { OUTRIGGER_JUPYTER_TOKEN: 'x' }, file })
  assert.equal(config.resource.owner, 'group:lab')
  assert.deepEqual(config.resource.viewers, [{ group: 'interns' }, { user: 'lin', access: 'read' }])
  assert.ok(config.users.every(({ tokens }) => tokens.length === 1))
})

test('config/laptop.yaml loads', async () => {
  const file = new URL('laptop.yaml', EXAMPLES).pathname
  const { config } = await loadConfig({ environment: {}, file, flags: { auth: 'open' } })
  assert.equal(config.data.fsync, 'everysec')
})

test('the printed configuration is YAML again, names every origin and masks every secret', async () => {
  const file = new URL('team.yaml', EXAMPLES).pathname
  const loaded = await loadConfig({
    environment: { OUTRIGGER_JUPYTER_TOKEN: 'canary' },
    file,
    flags: { port: '0' },
  })
  const text = renderEffective(loaded)
  const printed: unknown = parse(text)
  const masked = {
    ...structuredClone(loaded.config),
    users: loaded.config.users.map((user) => ({ ...user, tokens: user.tokens.map(() => '********') })),
    jupyter: { ...loaded.config.jupyter, token: '********' },
  }
  assert.deepEqual(printed, masked)
  assert.match(text, /port: 0 # --port/)
  assert.match(text, /users: # .*team\.yaml:\d+/)
  assert.match(text, /fsync: always # default/)
  assert.match(text, /token: "\*{8}" # OUTRIGGER_JUPYTER_TOKEN/)
  assert.ok(!text.includes('canary') && !text.includes('sha256:'))
})
