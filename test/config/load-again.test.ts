import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { ConfigError } from '../../src/config/fault.ts'
import { loadAgain } from '../../src/config/load-again.ts'
import { loadConfig, suppliedLayer } from '../../src/config/load.ts'
import { tempDir } from '../support/temp-dir.ts'

/** Small files are read here, large ones in a thread. */
for (const count of [2, 500]) {
  test(`[ACCESS-47] ${count} users are read again as at the start, with all that beats and supplies the file`, async (t) => {
    const file = join(await tempDir(t), 'outrigger.yaml')
    const names = Array.from({ length: count }, (_, i) => `user-${i}`)
    const users = names.map((name, i) => ({ name, tokens: [`sha256:${String(i).padStart(64, '0')}`] }))
    const settings = { users, resource: { owner: 'user:user-0' }, rooms: { maxOpen: 5 } }
    await writeFile(file, stringify(settings))
    const sources = {
      environment: { OUTRIGGER_ROOMS_MAX_SESSIONS: '7', OUTRIGGER_CONFIG: file },
      flags: { port: '1234' },
    }
    const supplied = [suppliedLayer('test', { 'rooms.maxOpen': 9, 'jupyter.url': 'http://127.0.0.1:1/' })]
    const { config } = await loadAgain({ sources, supplied: [] })
    assert.deepEqual(config, (await loadConfig(sources)).config)
    assert.deepEqual([config.server.port, config.rooms.maxSessions], [1234, 7])
    const { config: more } = await loadAgain({ sources, supplied })
    assert.deepEqual([more.rooms.maxOpen, more.jupyter.url], [5, 'http://127.0.0.1:1/'])
    await writeFile(file, stringify({ ...settings, resource: { owner: 'user:ghost' }, nonsense: 1 }))
    await assert.rejects(loadAgain({ sources, supplied }), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.deepEqual(error.faults.map(({ key }) => key).toSorted(), ['nonsense', 'resource.owner'])
      return true
    })
  })
}
