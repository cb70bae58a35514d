import { isIPv4 } from 'node:net'

/** True for addresses that only this machine can reach. Names other than `localhost` do not count. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
