/**
 * The one place that knows how log lines look and what must never be in them. Whoever logs gets a
 * child of this logger; document content and awareness states are never handed to it.
 */
import { createRequire } from 'node:module'
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import type { PrettyOptions } from 'pino-pretty'
import { REDACTED, redactText, redactUrl } from './redact.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export type LoggerSettings = {
  readonly level: LogLevel
  /** `auto` is `pretty` on a terminal and `json` elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json'
  /** Where lines go; standard output when absent. Written to synchronously, so a crash loses no line. */
  readonly stream?: (NodeJS.WritableStream & { readonly isTTY?: boolean | undefined }) | undefined
}

const SECRET_KEYS = ['authorization', 'cookie', 'set-cookie', 'x-xsrftoken', 'token', 'password', 'secret']
const MAX_CAUSES = 5

export function createLogger(settings: LoggerSettings): Logger {
  const { format, stream } = settings
  const isTerminal = (stream ?? process.stdout).isTTY === true
  const isPretty = format === 'pretty' || (format === 'auto' && isTerminal)
  const options = loggerOptions(settings.level)
  if (isPretty) return pino(options, prettyStream(stream, isTerminal))
  return stream === undefined ? pino(options) : pino(options, stream)
}

function loggerOptions(level: LogLevel): LoggerOptions {
  return {
    level,
    // Host and process id are known to whatever collects the lines.
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { req: describeRequest, res: describeResponse, err: describeError, url: describeUrl },
    redact: { paths: SECRET_KEYS.flatMap(pathsOf), censor: REDACTED },
    // The last line of defence: a credential that came inside a message or an address.
    hooks: { streamWrite: redactText },
  }
}

/** Redaction works by path, so each secret is named at the depths at which headers are ever logged. */
function pathsOf(key: string): string[] {
  const quoted = `["${key}"]`
  return [quoted, `*${quoted}`, `*.*${quoted}`]
}

function prettyStream(destination: LoggerSettings['stream'], isTerminal: boolean): DestinationStream {
  // Loaded only when somebody looks: it costs some 40 ms at every start. As a plain stream, not as
  // a worker: no thread, and the last words before an exit are not lost.
  const pretty = createRequire(import.meta.url)('pino-pretty') as (
    options: PrettyOptions,
  ) => DestinationStream
  return pretty({
    sync: true,
    colorize: isTerminal,
    translateTime: 'SYS:HH:MM:ss',
    ...(destination === undefined ? {} : { destination }),
  })
}

/** Fastify hands its request; anything else that has a method and an address will do. */
type LoggableRequest = {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly routeOptions?: { readonly url?: string | undefined } | undefined
}

/** Never the headers; the route's pattern where there is one, so that paths of files stay out. */
function describeRequest(request: LoggableRequest): Record<string, unknown> {
  const url = redactUrl(request.url ?? '')
  const pattern = request.routeOptions?.url
  if (pattern === undefined) return { method: request.method, url }
  const queryAt = url.indexOf('?')
  return {
    method: request.method,
    route: pattern,
    ...(queryAt < 0 ? {} : { query: url.slice(queryAt + 1) }),
  }
}

function describeResponse(response: { readonly statusCode?: number | undefined }): Record<string, unknown> {
  return { status: response.statusCode }
}

function describeUrl(url: unknown): unknown {
  return typeof url === 'string' || url instanceof URL ? redactUrl(String(url)) : url
}

/**
 * Named fields only: errors of HTTP parsers and clients carry raw requests, headers and sockets as
 * properties.
 */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, stack, cause } = error
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    type: name,
    message,
    stack,
    ...(code === undefined ? {} : { code }),
    ...(cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describeError(cause, depth + 1) }),
    ...(error instanceof AggregateError && depth < MAX_CAUSES
      ? { errors: error.errors.slice(0, 20).map((one: unknown) => describeError(one, depth + 1)) }
      : {}),
  }
}
