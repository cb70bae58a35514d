import { isIPv6 } from 'node:net'
import type { IncomingMessage } from 'node:http'

/** What proxies add; a caller that sends one by itself only loses by it. */
const FORWARDING_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

/**
 * True for a program on this machine that speaks to us directly.
 *
 * The peer's address alone does not say so: behind a proxy on the same machine everybody comes from
 * loopback. So nothing may have been forwarded, and the caller must have asked for a loopback name,
 * which also stops a web page whose own name was made to resolve to this machine.
 */
export function isLocalCaller(request: IncomingMessage): boolean {
  return (
    isLoopbackAddress(request.socket.remoteAddress ?? '') &&
    FORWARDING_HEADERS.every((name) => request.headers[name] === undefined) &&
    isLoopbackName(hostNameOf(request.headers.host ?? ''))
  )
}

function isLoopbackAddress(address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
  return plain === '::1' || /^127\.\d+\.\d+\.\d+$/.test(plain)
}

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || isLoopbackAddress(name)
}

function hostNameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host)?.[1]
  if (bracketed !== undefined) return isIPv6(bracketed) ? bracketed : ''
  return host.replace(/:\d+$/, '').toLowerCase()
}
