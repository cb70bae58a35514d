import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'

export type JsonAnswer = {
  readonly status: number
  /** Undefined when it is no JSON. */
  readonly body: unknown
  readonly headers: IncomingHttpHeaders
}

export type JsonQuestion = {
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** For the whole of it, the last byte included. */
  readonly timeoutMs: number
  readonly maxBytes: number
}

/**
 * One GET. Follows no redirect. Rejects without an answer in time, and for more bytes than allowed.
 * Not `fetch`, which adds `Sec-Fetch-Mode`: servers take it for a browser's and ask for more.
 */
export async function getJson(url: string, question: JsonQuestion): Promise<JsonAnswer> {
  const { headers = {}, timeoutMs, maxBytes } = question
  const transport = url.startsWith('https:') ? https : http
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    transport
      .get(url, { headers: { accept: 'application/json', ...headers }, signal }, resolve)
      // Stays for the whole life of the request: a later reset must not become an uncaught error.
      .on('error', reject)
  })
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  const body = parsed(Buffer.concat(chunks).toString('utf8'))
  return { status: response.statusCode ?? 0, headers: response.headers, body }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
