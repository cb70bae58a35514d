/** RFC 9110 7.6.1: these describe one connection and end with it. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

export type Header = [name: string, value: string]

/**
 * A message's headers in their order, duplicates and spelling kept, without those that belong to
 * the connection only: the standard ones, and whatever the sender names in `Connection`.
 */
export function endToEndHeaders(rawHeaders: readonly string[]): readonly Header[] {
  const headers: Header[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''])
  }
  const dropped = new Set(HOP_BY_HOP)
  for (const [name, value] of headers) {
    if (name.toLowerCase() !== 'connection') continue
    for (const token of value.split(',')) dropped.add(token.trim().toLowerCase())
  }
  return headers.filter(([name]) => !dropped.has(name.toLowerCase()))
}
