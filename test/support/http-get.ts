import { type IncomingHttpHeaders, request as httpRequest } from 'node:http'

export type HttpAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What a person's browser sends when an address is opened. `fetch` always says it is a script. */
export const NAVIGATION = { accept: 'text/html,application/xhtml+xml', 'sec-fetch-mode': 'navigate' }

/** One request with exactly this path and these headers; redirects are not followed. */
export async function httpGet(
  options: { readonly port: number; readonly path: string; readonly method?: string | undefined },
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const { port, path, method = 'GET' } = options
  return await new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        )
      },
    )
    request.on('error', reject).end()
  })
}
