/** A server that the run starts, kills and ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { RunResult } from '../../../bench/result.ts'
import { freePort } from '../../../bench/servers/command-server.ts'
import { bench } from '../support/bench-command.ts'

const SHORT = '--clients 3 --writers 2 --rate 20 --for 1s --warm-up 200ms --drain 2s'.split(' ')

test('--start brings a server up on the port of --url, kills and restarts it, and ends it', async () => {
  const file = fileURLToPath(new URL('../support/memory-server.ts', import.meta.url))
  const port = await freePort()
  const start = `exec '${process.execPath}' --import '${import.meta.resolve('tsx')}' '${file}' ${port}`
  const args = [
    '--url',
    `ws://127.0.0.1:${port}/{room}`,
    '--start',
    start,
    ...SHORT,
    '--kill-after',
    '600ms',
    '--json',
  ]
  const { code, stdout, stderr } = await bench(...args)
  assert.equal(code, 1, stderr)
  const { kill, server } = JSON.parse(stdout) as RunResult
  assert.ok((kill?.lost ?? 0) > 0, 'it keeps nothing')
  assert.equal(server?.diskBytes, undefined)
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), 'it is gone')
})
