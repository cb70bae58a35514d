import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request as httpRequest } from 'node:http'
import type { TestContext } from 'node:test'
import { classifyRequest } from '../../src/access/classify.ts'
import { Gateway, type GatewayDeps } from '../../src/jupyter/gateway/gateway.ts'
import { FakeGate, type FakeGateOptions } from './fake-gate.ts'
import { httpFixture } from './http-fixture.ts'
import { type UpstreamOptions, type UpstreamServer, upstreamServer } from './upstream-server.ts'

/** What must never be seen by a client. */
export const UPSTREAM_TOKEN = 'c0ffee5ec12e7c0ffee5ec12e7c0ffee'

export type GatewayFixture = {
  readonly port: number
  readonly gateway: Gateway
  readonly gate: FakeGate
  readonly upstream: UpstreamServer
  readonly errors: unknown[]
  readonly log: () => string
}

export type GatewayFixtureOptions = UpstreamOptions & {
  readonly basePath?: string | undefined
  readonly gate?: FakeGateOptions | undefined
  readonly deps?: Partial<Omit<GatewayDeps, 'upstream' | 'gate'>> | undefined
  readonly token?: string | undefined
  /** Instead of the stand-in's. */
  readonly upstreamPort?: number | undefined
}

/** The real HTTP server with a gateway to a stand-in Jupyter. */
export async function gatewayFixture(
  t: TestContext,
  options: GatewayFixtureOptions = {},
): Promise<GatewayFixture> {
  const { basePath = '/', token = UPSTREAM_TOKEN } = options
  const upstream = await upstreamServer(t, options)
  const gate = new FakeGate(options.gate)
  const errors: unknown[] = []
  const gateway = new Gateway({
    upstream: { url: new URL(`http://127.0.0.1:${options.upstreamPort ?? upstream.port}${basePath}`), token },
    gate,
    classify: classifyRequest,
    isOwnCookie: (name) => name === 'outrigger-session',
    onError: (error) => errors.push(error),
    ...options.deps,
  })
  t.after(() => gateway.close())
  const { app, port, log } = await httpFixture(t, {
    baseUrl: decodeURI(basePath).replace(/\/$/, ''),
    beside: gateway.httpRoutes(),
  })
  app.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    gateway.tunnel(request, socket, head).catch((error: unknown) => {
      errors.push(error)
      socket.destroy()
    })
  })
  return { port, gateway, gate, upstream, errors, log }
}

export type Got = {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly rawTrailers: readonly string[]
  readonly body: Buffer
  readonly text: string
}

export type Asked = {
  readonly port: number
  readonly path: string
  readonly method?: string | undefined
  readonly headers?: OutgoingHttpHeaders | undefined
  readonly body?: string | Buffer | undefined
}

/** One request with exactly this path and these headers. */
export async function ask({ port, path, method = 'GET', headers = {}, body }: Asked): Promise<Got> {
  return await new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode: status = 0, statusMessage: reason = '', rawHeaders, rawTrailers } = response
          const whole = Buffer.concat(chunks)
          const text = whole.toString('utf8')
          resolve({ status, reason, headers: response.headers, rawHeaders, rawTrailers, body: whole, text })
        })
      },
    )
    request.on('error', reject).end(body)
  })
}
