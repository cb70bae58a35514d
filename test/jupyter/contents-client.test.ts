import assert from 'node:assert/strict'
import { type RequestListener, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { faultOf } from '../../src/jupyter/contents-answer.ts'
import { ContentsClient } from '../../src/jupyter/contents-client.ts'
import { ContentsServer } from '../support/contents-server.ts'
import { until } from '../support/until.ts'

async function serverWith(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function standIn(t: TestContext): Promise<{ server: ContentsServer; client: ContentsClient }> {
  const server = await ContentsServer.start()
  const client = new ContentsClient({ url: server.url.slice(0, -1), token: server.token })
  t.after(async () => {
    client.close()
    await server.close()
  })
  return { server, client }
}

test('[JUPYTER-53] stat, read and write give facts, and the base URL counts', async (t) => {
  const { server, client } = await standIn(t)
  server.put('a.txt', 'one')
  const stat = await client.stat('a.txt')
  assert.ok(stat.kind === 'ok')
  assert.equal(stat.facts.hash, server.hash('a.txt'))
  assert.match(stat.facts.lastModified, /\.\d{6}Z$/)
  const read = await client.read('a.txt', 'file', 'text')
  assert.ok(read.kind === 'ok')
  assert.equal(read.content, 'one')
  assert.equal(read.facts.hash, server.hash('a.txt'))
  const written = await client.write('b.txt', { type: 'file', format: 'text', content: 'two' })
  assert.ok(written.kind === 'ok' && written.isCreated)
  const after = await client.stat('b.txt')
  assert.ok(after.kind === 'ok' && after.facts.lastModified === written.facts.lastModified)
  const again = await client.write('b.txt', { type: 'file', format: 'text', content: 'three' })
  assert.ok(again.kind === 'ok' && !again.isCreated)
})

test('[JUPYTER-53] path segments are encoded one by one, and the token travels in a header only', async (t) => {
  const { server, client } = await standIn(t)
  const path = 'ä b/50%/c?d#e&f.txt'
  server.put(path, 'one')
  const read = await client.read(path, 'file', 'text')
  assert.equal(read.kind, 'ok')
  assert.match(
    server.requests.at(-1) ?? '',
    /^GET \/base\/api\/contents\/%C3%A4%20b\/50%25\/c%3Fd%23e%26f\.txt\?/,
  )
  assert.ok(server.requests.every((request) => !request.includes(server.token)))
})

test('[JUPYTER-53] every status has its meaning', () => {
  const kinds = [200, 201, 204, 302, 400, 401, 403, 404, 405, 408, 410, 413, 429, 500, 502, 503, 504].map(
    (status) => [status, faultOf(status, '')?.kind],
  )
  assert.deepEqual(Object.fromEntries(kinds), {
    200: undefined,
    201: undefined,
    204: undefined,
    302: 'refused',
    400: 'bad',
    401: 'refused',
    403: 'refused',
    404: 'missing',
    405: 'bad',
    408: 'unreachable',
    410: 'missing',
    413: 'bad',
    429: 'failed',
    500: 'failed',
    502: 'unreachable',
    503: 'unreachable',
    504: 'unreachable',
  })
})

test('[JUPYTER-53] an answer that comes too late, not at all, or is no model, is an answer all the same', async (t) => {
  const url = await serverWith(t, (request, response) => {
    if (request.url?.includes('hangs')) return
    if (request.url?.includes('stalls')) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"path":')
      return
    }
    if (request.url?.includes('cut')) {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{')
      setImmediate(() => response.destroy())
      return
    }
    response.end(request.url?.includes('html') ? '<html>' : '[]')
  })
  const client = new ContentsClient({ url, statTimeoutMs: 60 })
  t.after(() => client.close())
  for (const path of ['hangs', 'stalls', 'cut'])
    assert.equal((await client.stat(path)).kind, 'unreachable', path)
  for (const path of ['html', 'list'])
    assert.equal((await client.read(path, 'file', 'text')).kind, 'failed', path)
  const nobody = new ContentsClient({ url: 'http://127.0.0.1:1/' })
  assert.equal((await nobody.stat('a')).kind, 'unreachable')
})

test('[JUPYTER-53] a file beyond the limit is refused while it arrives', async (t) => {
  let sent = 0
  const url = await serverWith(t, (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384, 'x'))) sent += 16_384
    }
    response.on('drain', more)
    more()
  })
  const client = new ContentsClient({ url, maxContentBytes: 100_000 })
  t.after(() => client.close())
  assert.equal((await client.read('endless', 'file', 'text')).kind, 'bad')
  assert.ok(sent < 50_000_000)
})

test('[JUPYTER-53] closing ends what is under way and everything after it', async (t) => {
  let isAsked = false
  const url = await serverWith(t, () => (isAsked = true))
  const client = new ContentsClient({ url })
  const answer = client.stat('a')
  await until(() => isAsked)
  client.close()
  assert.equal((await answer).kind, 'unreachable')
  assert.equal((await client.stat('a')).kind, 'unreachable')
})

test('[JUPYTER-53] a sign-in page is a refusal, not a file', async (t) => {
  const url = await serverWith(t, (_request, response) => {
    response.writeHead(302, { location: '/login?next=x' })
    response.end()
  })
  const client = new ContentsClient({ url })
  t.after(() => client.close())
  assert.equal((await client.stat('a')).kind, 'refused')
  assert.equal(await client.check(), 'refused')
})

test('[JUPYTER-53] check tells a wrong token from a server that is away', async (t) => {
  const { server, client } = await standIn(t)
  assert.equal(await client.check(), 'ok')
  const stranger = new ContentsClient({ url: server.url, token: 'wrong' })
  assert.equal(await stranger.check(), 'refused')
  server.faults.isDown = true
  assert.equal(await client.check(), 'unreachable')
  server.faults.isDown = false
  const elsewhere = new ContentsClient({ url: server.url.replace('/base/', '/other/'), token: server.token })
  assert.equal(await elsewhere.check(), 'unreachable')
})

test('[JUPYTER-53] the Python half is found by a question without effect', async (t) => {
  const { server, client } = await standIn(t)
  assert.equal(await client.serverHalf(), 'absent')
  server.hasServerHalf = true
  assert.equal(await client.serverHalf(), 'present')
  assert.ok(server.requests.every((request) => request.startsWith('GET ')))
  server.faults.isDown = true
  assert.equal(await client.serverHalf(), 'unknown')
})
