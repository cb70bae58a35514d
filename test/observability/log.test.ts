import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import Fastify from 'fastify'
import { createLogger } from '../../src/observability/log.ts'
import { redactUrl } from '../../src/observability/redact.ts'

const CANARY = 'canary5ecret'

function capture(format: 'json' | 'pretty' | 'auto' = 'json', level: 'debug' | 'info' = 'debug') {
  const stream = new PassThrough()
  const logger = createLogger({ level, format, stream })
  return { logger, text: () => String(stream.read() ?? '') }
}

test('lines are JSON with a named level and an ISO time', () => {
  const { logger, text } = capture()
  logger.warn({ room: 'a' }, 'degraded')
  const line = JSON.parse(text())
  assert.equal(line.level, 'warn')
  assert.equal(line.room, 'a')
  assert.equal(line.msg, 'degraded')
  assert.ok(Math.abs(Date.parse(line.time) - Date.now()) < 60_000)
})

test('auto is JSON when the stream is no terminal, and pretty when it is', () => {
  const piped = capture('auto')
  piped.logger.info('hello')
  assert.equal(JSON.parse(piped.text()).msg, 'hello')

  const terminal = Object.assign(new PassThrough(), { isTTY: true })
  createLogger({ level: 'info', format: 'auto', stream: terminal }).info({ room: 'a' }, 'hello')
  const text = String(terminal.read())
  assert.match(text, /INFO/)
  assert.match(text, /hello/)
  assert.throws(() => JSON.parse(text))
})

test('lines below the level are not written', () => {
  const { logger, text } = capture('json', 'info')
  logger.debug('quiet')
  assert.equal(text(), '')
})

for (const format of ['json', 'pretty'] as const) {
  test(`no credential reaches a ${format} line, wherever it was put`, () => {
    const { logger, text } = capture(format)
    const headers = {
      authorization: `token ${CANARY}`,
      cookie: `outrigger=${CANARY}`,
      'set-cookie': [`a=${CANARY}`],
    }
    const url = `/lab?token=${CANARY}&reset`
    const rawPacket = Buffer.from(`GET /?token=${CANARY} HTTP/1.1`)
    const parseError = Object.assign(new Error('bad'), { rawPacket, options: { headers } })
    logger.info({ headers }, 'one level')
    logger.info({ request: { headers } }, 'two levels')
    logger.info(headers, 'at the root')
    logger.info({ req: { method: 'GET', url, headers } }, 'a request')
    logger.info({ url }, 'an address')
    logger.info({ url: new URL(url, 'http://127.0.0.1') }, 'a URL')
    logger.info({ token: CANARY, user: { password: CANARY } }, 'by name')
    logger.info(`fetching http://127.0.0.1:8888/api?a=b&token=${CANARY}`)
    logger.info(`sent {"Authorization":"token ${CANARY}"}`)
    logger.info(`sent Authorization: Bearer ${CANARY}`)
    logger.error({ err: parseError }, 'a parser error')
    logger.error(
      { err: new Error('outer', { cause: new Error(`GET /x?token=${CANARY} failed`) }) },
      'a cause',
    )
    logger.child({ url }).info('a child')
    const written = text()
    assert.ok(written.length > 1000)
    assert.ok(!written.includes(CANARY), written)
    assert.ok(!written.includes(rawPacket.toString('hex')))
  })
}

test('a request is logged by its route, without the path of a file', async (t) => {
  const { logger, text } = capture()
  const app = Fastify({ loggerInstance: logger })
  t.after(() => app.close())
  app.get('/api/contents/*', () => 'ok')
  await app.inject(`/api/contents/private-name.ipynb?hash=1&token=${CANARY}`)
  const written = text()
  assert.match(written, /"route":"\/api\/contents\/\*","query":"hash=1&token=\[redacted\]"/)
  assert.ok(!written.includes('private-name'))
  assert.ok(!written.includes(CANARY))
})

test('causes and aggregates are described, with their codes', () => {
  const { logger, text } = capture()
  const cause = Object.assign(new Error('disk full'), { code: 'ENOSPC' })
  logger.error({ err: new AggregateError([new Error('first', { cause })], 'two failed') }, 'closing')
  const { err } = JSON.parse(text())
  assert.equal(err.errors[0].cause.code, 'ENOSPC')
  assert.equal(err.errors[0].message, 'first')
})

test('a parameter is recognized however its name is encoded', () => {
  assert.equal(redactUrl('/a?x=1&%74oken=s&TOKEN=t&y'), '/a?x=1&%74oken=[redacted]&TOKEN=[redacted]&y')
  assert.equal(redactUrl('/a?%zz=s'), '/a?%zz=[redacted]')
  assert.equal(redactUrl('/a'), '/a')
})

test('[ACCESS-69] the secret of a guest link is in no log line, however it gets there', () => {
  const stream = new PassThrough()
  const log = createLogger({ level: 'debug', format: 'json', stream })
  const address = '/user/ada/outrigger/join/secret-canary'
  log.info(
    { req: { method: 'GET', url: `${address}?x=1` }, url: `http://h${address}` },
    `asked for ${address}`,
  )
  log.error({ err: new Error(`no ${address}/more`) })
  const lines = String(stream.read())
  assert.ok(lines.includes('outrigger/join/[redacted]') && !lines.includes('secret-canary'), lines)
})
