/**
 * The server with a gateway in a process of its own, so that its memory can be told from that of
 * the test. As a script: `gateway-process.ts UPSTREAM_URL`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { classifyRequest } from '../../src/access/classify.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { Gateway } from '../../src/jupyter/gateway/gateway.ts'
import { createLogger } from '../../src/observability/log.ts'
import { FakeGate } from './fake-gate.ts'

const SAMPLE_MS = 20

export type GatewayProcess = {
  readonly port: number
  /** The largest resident size since the last call, in MiB. */
  readonly peakMib: () => Promise<number>
}

export async function gatewayProcess(t: TestContext, upstreamPort: number): Promise<GatewayProcess> {
  const child = fork(fileURLToPath(import.meta.url), [`http://127.0.0.1:${upstreamPort}/`], {
    execArgv: ['--import', 'tsx'],
  })
  t.after(async () => {
    const exited = once(child, 'exit')
    child.kill()
    await exited
  })
  return { port: await answer(child), peakMib: () => answer(child, 'peak') }
}

async function answer(child: ChildProcess, question?: string): Promise<number> {
  const answered = once(child, 'message')
  if (question !== undefined) child.send(question)
  const [value] = (await answered) as [number]
  return value
}

async function serve(upstream: string): Promise<void> {
  const gateway = new Gateway({
    upstream: { url: new URL(upstream), token: 'a token that is long enough' },
    gate: new FakeGate(),
    classify: classifyRequest,
    isOwnCookie: () => false,
    onError: (error) => console.error(error),
  })
  const app = createHttpServer({
    logger: createLogger({ level: 'warn', format: 'json' }),
    limits: { headersTimeoutMs: 10_000, maxSockets: 100 },
    errors: { signInUrl: () => '/' },
  })
  await app.register(gateway.httpRoutes())
  app.server.on('upgrade', (request, socket, head) => {
    gateway.tunnel(request, socket, head).catch(() => socket.destroy())
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  let peak = 0
  setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), SAMPLE_MS)
  process.on('message', () => {
    process.send?.(Math.max(peak, process.memoryUsage.rss()) / 2 ** 20)
    peak = 0
  })
  process.send?.((app.server.address() as AddressInfo).port)
}

const [, script, upstream] = process.argv
if (script === fileURLToPath(import.meta.url) && upstream !== undefined) await serve(upstream)
