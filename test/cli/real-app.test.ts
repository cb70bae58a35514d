import assert from 'node:assert/strict'
import { type IncomingMessage, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { CliProcess, type CliOptions } from '../support/run-cli.ts'
import { tempDir } from '../support/temp-dir.ts'

/** The data folder lies in a temporary one that outlives the process. */
function start(t: TestContext, args: readonly string[], options: CliOptions = {}): CliProcess {
  const cli = new CliProcess(args, options)
  t.after(async () => {
    cli.child.kill('SIGKILL')
    await cli.ended
  })
  return cli
}

/** Opens a page like a browser's address bar does; `fetch` would say that a script asks. */
function open(address: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(address, { headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' } }, (response) => {
      response.resume()
      resolve(response)
    }).on('error', reject)
  })
}

test('up with an empty PATH ends in plain rooms, and the printed address signs its person in', async (t) => {
  const folder = await tempDir(t)
  const cli = start(t, ['up', '--port', '0', '--data', join(folder, 'data')], {
    environment: { PATH: folder, OUTRIGGER_LOG_LEVEL: 'error' },
  })
  await cli.says('Stop    Ctrl+C')
  assert.match(cli.stderr, /JupyterLab is not available: python3 is not on PATH\. Serving plain rooms only\./)
  const addresses = [...cli.stdout.matchAll(/(http:\S+\/outrigger\/try\?token=\S+)/g)].map(
    ([, url]) => url ?? '',
  )
  assert.equal(addresses.length, 2)
  for (const address of addresses) {
    const { statusCode, headers } = await open(address)
    assert.equal(statusCode, 302)
    assert.match(headers['set-cookie']?.join() ?? '', /HttpOnly/)
    assert.ok(headers.location !== undefined && !headers.location.includes('token'))
  }
  cli.child.kill('SIGTERM')
  assert.equal(await cli.ended, 0, cli.stderr)
})

test('serve refuses a port that is taken and a data folder that is in use, with exit code 1', async (t) => {
  const data = join(await tempDir(t), 'data')
  const args = ['serve', '--auth', 'open', '--data', data, '--port']
  const first = start(t, [...args, '0'])
  await first.says('"msg":"ready"')
  const locked = start(t, [...args, '0'])
  assert.equal(await locked.ended, 1)
  assert.match(locked.stderr, /^outrigger: data\.dir: .*--data/)
  first.child.kill('SIGTERM')
  assert.equal(await first.ended, 0, first.stderr)

  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  t.after(() => holder.close())
  const { port } = holder.address() as AddressInfo
  const taken = start(t, [...args, String(port)])
  assert.equal(await taken.ended, 1)
  assert.match(taken.stderr, new RegExp(`^outrigger: server\\.port: port ${port} .*--port`))
})

test('serve refuses a Jupyter server that refuses the token, with exit code 1', async (t) => {
  const jupyter = createServer((_request, response) => response.writeHead(403).end('{}'))
  await new Promise<void>((resolve) => jupyter.listen(0, '127.0.0.1', resolve))
  t.after(() => jupyter.close())
  const url = `http://127.0.0.1:${(jupyter.address() as AddressInfo).port}`
  const data = join(await tempDir(t), 'data')
  const cli = start(t, ['serve', '--auth', 'open', '--port', '0', '--data', data, '--jupyter', url], {
    environment: { OUTRIGGER_JUPYTER_TOKEN: 'canary' },
  })
  assert.equal(await cli.ended, 1)
  assert.match(cli.stderr, /^outrigger: jupyter\.token: .*refuses the token.*jupyter\.tokenFile/)
  assert.ok(!`${cli.stdout}${cli.stderr}`.includes('canary'))
})
