/** Numbers as people read them. */

/** `0.42 ms`, `12.3 ms`, `1.25 s`. */
export function formatMs(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  return `${ms.toFixed(ms >= 100 ? 0 : ms >= 10 ? 1 : 2)} ms`
}

/** CPU time, where a thousandth of a millisecond counts. */
export function formatMicroseconds(us: number): string {
  return us >= 1000 ? formatMs(us / 1000) : `${us.toFixed(us >= 100 ? 0 : 1)} µs`
}

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** `0.5 /s`, `12,345 /s`. */
export function formatRate(perSecond: number): string {
  const text = perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : formatCount(perSecond)
  return `${text} /s`
}

/** Powers of 1000. */
export function formatBytes(bytes: number): string {
  const sign = bytes < 0 ? '-' : ''
  const size = Math.abs(bytes)
  if (size >= 1e9) return `${sign}${(size / 1e9).toFixed(2)} GB`
  if (size >= 1e6) return `${sign}${(size / 1e6).toFixed(1)} MB`
  if (size >= 1e3) return `${sign}${(size / 1e3).toFixed(1)} KB`
  return `${sign}${Math.round(size)} B`
}

export function formatShare(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}

export function formatSeconds(seconds: number): string {
  return `${Number(seconds.toFixed(3))} s`
}

/** `1 room`, `2 rooms`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}
