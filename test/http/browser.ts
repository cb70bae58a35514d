import { type IncomingHttpHeaders, request as httpRequest } from 'node:http'

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Visit = {
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>> | undefined
}

/** What a browser sends when a person opens an address; `headers` overrides. Follows nothing. */
export async function visit(url: string, options: Visit = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, form } = options
  const body = form === undefined ? undefined : String(new URLSearchParams(form))
  return await new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      {
        method,
        agent: false,
        headers: {
          accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': 'document',
          ...(form === undefined
            ? {}
            : {
                origin: new URL(url).origin,
                'content-type': 'application/x-www-form-urlencoded',
                'content-length': String(Buffer.byteLength(body ?? '')),
              }),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** The cookie as a browser would send it back. */
export function cookieFrom(answer: Answer): string {
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
}
