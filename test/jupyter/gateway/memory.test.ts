import assert from 'node:assert/strict'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { gatewayProcess } from '../../support/gateway-process.ts'
import { until } from '../../support/until.ts'
import { upstreamServer } from '../../support/upstream-server.ts'

const MIB = 2 ** 20
/** `OUTRIGGER_TEST_TRANSFER_MIB=1024` for the run by hand. */
const TRANSFER_MIB = Number(process.env['OUTRIGGER_TEST_TRANSFER_MIB'] ?? 256)
const MAX_GROWTH_MIB = 64
const CHUNK = Buffer.alloc(64 * 1024, 'x')

function* chunks(mib: number): Generator<Buffer> {
  for (let sent = 0; sent < mib * MIB; sent += CHUNK.length) yield CHUNK
}

async function count(stream: Readable): Promise<number> {
  let bytes = 0
  for await (const chunk of stream) bytes += (chunk as Buffer).length
  return bytes
}

/** Sends files of any size, and counts what it is sent. */
async function start(t: TestContext) {
  const upstream = await upstreamServer(t, {
    onRequest: (request, response) => {
      const mib = Number(new URL(request.url ?? '', 'http://x').searchParams.get('mib'))
      const isPage = request.url?.includes('.html') === true
      if (request.method === 'PUT') {
        count(request).then(
          (bytes) => response.end(String(bytes)),
          () => response.destroy(),
        )
        return
      }
      response.writeHead(200, { 'Content-Type': isPage ? 'text/html' : 'application/octet-stream' })
      pipeline(Readable.from(chunks(mib)), response).catch(() => response.destroy())
    },
  })
  return await gatewayProcess(t, upstream.port)
}

async function transfer(port: number, method: 'GET' | 'PUT', path: string, mib: number): Promise<number> {
  const headers = method === 'PUT' ? { 'content-length': mib * MIB } : {}
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    path: `${path}?mib=${mib}`,
    method,
    headers,
    agent: false,
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  if (method === 'PUT') await pipeline(Readable.from(chunks(mib)), request)
  else request.end()
  const response = await answered
  assert.equal(response.statusCode, 200)
  if (method === 'GET') return await count(response)
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return Number(text)
}

for (const [title, method, path] of [
  ['a download', 'GET', '/files/big.bin'],
  ['a page, which is searched for the token,', 'GET', '/files/big.html'],
  ['an upload', 'PUT', '/api/contents/big.bin'],
] as const) {
  test(`[GATEWAY-6] ${title} of ${TRANSFER_MIB} MiB does not grow our memory with it`, async (t) => {
    const { port, peakMib } = await start(t)
    await transfer(port, method, path, 16)
    const before = await peakMib()
    const startedAt = performance.now()
    assert.equal(await transfer(port, method, path, TRANSFER_MIB), TRANSFER_MIB * MIB)
    const seconds = (performance.now() - startedAt) / 1000
    const growth = (await peakMib()) - before
    t.diagnostic(
      `+${growth.toFixed(0)} MiB over ${before.toFixed(0)}, ${(TRANSFER_MIB / seconds).toFixed(0)} MiB/s`,
    )
    assert.ok(growth < MAX_GROWTH_MIB, `grew by ${growth} MiB`)
  })
}

test('[GATEWAY-8] 75 MiB for a browser that does not read wait at Jupyter, not here', async (t) => {
  const total = 75 * MIB
  let kernel: WebSocket | undefined
  const upstream = await upstreamServer(t, { onSocket: (websocket) => (kernel = websocket) })
  const { port, peakMib } = await gatewayProcess(t, upstream.port)
  const client = new WebSocket(`ws://127.0.0.1:${port}/api/kernels/k/channels`, { perMessageDeflate: false })
  t.after(() => client.terminate())
  await new Promise((resolve) => client.once('open', resolve))
  let received = 0
  client.on('message', (data: Buffer) => (received += data.length))
  client.pause()
  const before = await peakMib()
  for (let sent = 0; sent < total; sent += CHUNK.length * 16) kernel?.send(Buffer.alloc(CHUNK.length * 16))
  await until(
    isSteady(() => kernel?.bufferedAmount ?? 0),
    10_000,
    'the stream to stop',
  )
  const waiting = kernel?.bufferedAmount ?? 0
  const growth = (await peakMib()) - before
  t.diagnostic(`${(waiting / MIB).toFixed(0)} MiB wait at Jupyter, +${growth.toFixed(1)} MiB here`)
  assert.ok(waiting > 60 * MIB, `only ${waiting} bytes wait`)
  assert.ok(growth < 16, `grew by ${growth} MiB`)
  kernel?.close(4007, 'done')
  const closed = new Promise((resolve) => client.once('close', (code) => resolve(code)))
  client.resume()
  assert.equal(await closed, 4007)
  assert.equal(received, total)
})

/** True once a value stayed the same for 40 looks. */
function isSteady(value: () => number): () => boolean {
  let last = value()
  let looks = 0
  return () => {
    looks = value() === last ? looks + 1 : 0
    last = value()
    return looks >= 40
  }
}
