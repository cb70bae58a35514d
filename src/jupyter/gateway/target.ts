/**
 * What a request line asks for.
 *
 * Jupyter gets the path byte for byte as it was sent (`%2F`, odd encodings and all); only our own
 * judgement uses the decoded form.
 */

export type Target = {
  /** Relative to the base URL, decoded once, without a leading slash and without the query. */
  readonly path: string
  /** The same as sent, one entry per segment. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
  /** The request line's path and query for Jupyter: as sent, but for `token` parameters. */
  readonly upstreamPath: string
}

/** `basePath` begins with a slash; how it is percent-encoded does not matter. */
export function parseTarget(requestUrl: string, basePath: string): Target | 'bad_request' | 'not_found' {
  if (!requestUrl.startsWith('/')) return 'bad_request'
  const { path, query } = splitUrl(requestUrl)
  const segments = path.slice(1).split('/')
  const base = pathSegments(basePath)
  try {
    const isBelow = base.every((segment, index) => decodeURIComponent(segments[index] ?? '/') === segment)
    if (!isBelow) return 'not_found'
    const relative = segments.slice(base.length)
    return {
      path: decodeURIComponent(relative.join('/')),
      segments: relative,
      query: new URLSearchParams(query ?? ''),
      upstreamPath: withoutToken(requestUrl),
    }
  } catch {
    return 'bad_request'
  }
}

/**
 * Drops `token` parameters from a URL's query and leaves every other byte alone. They are ours, and
 * jupyter_server 2 prefers one in the query to the Authorization header that we set.
 */
export function withoutToken(url: string): string {
  const { path, query } = splitUrl(url)
  if (query === undefined) return url
  const parts = query.split('&')
  const kept = parts.filter((part) => !new URLSearchParams(part).has('token'))
  if (kept.length === parts.length) return url
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

function splitUrl(url: string): { readonly path: string; readonly query: string | undefined } {
  const at = url.indexOf('?')
  return at < 0 ? { path: url, query: undefined } : { path: url.slice(0, at), query: url.slice(at + 1) }
}

function pathSegments(basePath: string): readonly string[] {
  return basePath
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => decodeURIComponent(segment))
}
