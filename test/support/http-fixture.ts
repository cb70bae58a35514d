import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import type { TestContext } from 'node:test'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { ownRoutes } from '../../src/http/own-routes.ts'
import { type AnsweredRequest, createHttpServer } from '../../src/http/server.ts'
import { createLogger } from '../../src/observability/log.ts'

export type HttpFixture = {
  readonly app: FastifyInstance
  readonly port: number
  readonly url: string
  readonly answered: AnsweredRequest[]
  /** What was logged since the last call. */
  readonly log: () => string
}

export type HttpFixtureOptions = {
  readonly baseUrl?: string | undefined
  readonly routes?: readonly FastifyPluginAsync[] | undefined
  readonly describe?: ((scope: FastifyInstance) => Promise<void>) | undefined
  /** Registered beside our own routes, as the gateway is. */
  readonly beside?: FastifyPluginAsync | undefined
  readonly headersTimeoutMs?: number | undefined
  readonly requestTimeoutMs?: number | undefined
  readonly maxBodyBytes?: number | undefined
  readonly maxSockets?: number | undefined
}

/** The real server with the given routes, listening on a free port until the test ends. */
export async function httpFixture(t: TestContext, options: HttpFixtureOptions = {}): Promise<HttpFixture> {
  const { baseUrl = '/', routes = [], describe, beside } = options
  const stream = new PassThrough()
  const answered: AnsweredRequest[] = []
  const app = createHttpServer({
    logger: createLogger({ level: 'debug', format: 'json', stream }),
    limits: { headersTimeoutMs: options.headersTimeoutMs ?? 10_000, maxSockets: options.maxSockets ?? 1000 },
    errors: { signInUrl: (request) => `${baseUrl}outrigger/sign-in?next=${encodeURIComponent(request.url)}` },
    onAnswered: (one) => answered.push(one),
  })
  const { maxBodyBytes = 64 * 1024, requestTimeoutMs = 15_000 } = options
  await app.register(ownRoutes({ maxBodyBytes, requestTimeoutMs, routes, describe }), { prefix: baseUrl })
  if (beside !== undefined) await app.register(beside, { prefix: baseUrl })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(async () => {
    app.server.closeAllConnections()
    await app.close()
  })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}${baseUrl}`
  return { app, port, url, answered, log: () => String(stream.read() ?? '') }
}
