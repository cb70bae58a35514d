/** A server whose disk has less space than it is told to want. */
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { measureDisk } from '../../src/store/disk-space.ts'
import { CliProcess } from '../support/run-cli.ts'
import { tempDir } from '../support/temp-dir.ts'

/** The most that can be configured. */
const MOST_BYTES = 2 ** 40

test('[STORE-36] readiness says disk, and a new room is refused with a reason to try again', async (t) => {
  const { freeBytes } = await measureDisk(tmpdir())
  if (freeBytes > MOST_BYTES) return t.skip('this disk has too much space')
  const data = join(await tempDir(t), 'data')
  const cli = new CliProcess(['serve', '--auth', 'open', '--port', '0', '--data', data], {
    environment: { OUTRIGGER_DATA_MIN_FREE_BYTES: String(MOST_BYTES) },
  })
  t.after(() => cli.child.kill('SIGKILL'))
  await cli.says('"msg":"ready"')
  const url = /"url":"(http[^"]+)"/.exec(cli.stdout)?.[1] ?? ''
  const ready = await fetch(`${url}outrigger/health/ready`)
  assert.equal(ready.status, 503)
  assert.deepEqual(await ready.json(), { ready: false, reasons: ['disk'] })
  const metrics = await (await fetch(`${url}outrigger/metrics`)).text()
  assert.match(metrics, /^outrigger_data_free_bytes \d/m)
  const socket = new WebSocket(`${url.replace('http', 'ws')}outrigger/rooms/new`)
  const code = await new Promise((resolve, reject) => {
    socket.once('close', resolve)
    socket.once('error', reject)
  })
  assert.equal(code, 1013)
  cli.child.kill('SIGTERM')
  assert.equal(await cli.ended, 0, cli.stderr)
})
