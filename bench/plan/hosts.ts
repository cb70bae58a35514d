/** Whom the tool may load without being asked twice: this machine only. */
import { isIPv4 } from 'node:net'

/** By name or address alone; nothing is looked up, since a name may lead anywhere tomorrow. */
export function isOwnMachine(url: URL): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
