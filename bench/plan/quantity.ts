/** Times and sizes as people write them. */

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 }
const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
}

/** `500ms`, `30s`, `1.5m`, `2h`; a bare number is seconds. Undefined: it is no time. */
export function parseSeconds(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim()) ?? []
  if (number === '') return undefined
  // By division, so that 100ms is 0.1 and not 0.10000000000000001.
  return unit === 'ms' ? Number(number) / 1000 : Number(number) * (SECONDS[unit] ?? 1)
}

/** `100ms`, `0.1s`; a bare number is milliseconds. Undefined: it is no time. */
export function parseMilliseconds(text: string): number | undefined {
  if (/^\d+(?:\.\d+)?$/.test(text.trim())) return Number(text)
  const seconds = parseSeconds(text)
  return seconds === undefined ? undefined : seconds * 1000
}

/** `200KB`, `1MB` (powers of 1000), `1MiB` (of 1024), `512`. Undefined: it is no size. */
export function parseBytes(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? []
  const factor = BYTES[unit.toLowerCase()]
  return number === '' || factor === undefined ? undefined : Math.round(Number(number) * factor)
}
