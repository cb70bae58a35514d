/** Numbers as a person reads them at a glance. `-` stands for what is not known. */

const UNKNOWN = '-'
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

export function formatCount(count: number | undefined): string {
  if (count === undefined) return UNKNOWN
  if (count > 0 && count < 9.95) return count.toFixed(1).replace(/\.0$/, '')
  return Math.round(count).toLocaleString('en-US')
}

export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return UNKNOWN
  let size = bytes
  let unit = 0
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1024
    unit += 1
  }
  return `${size >= 9.95 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit] ?? ''}`
}

export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return UNKNOWN
  if (ms >= 9.95) return `${Math.round(ms).toLocaleString('en-US')} ms`
  return ms >= 0.1 ? `${ms.toFixed(1)} ms` : `${Math.round(ms * 1000)} us`
}

export function formatPercent(percent: number | undefined): string {
  return percent === undefined ? UNKNOWN : `${Math.round(percent)} %`
}

/** The two largest units. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ]
  if (days > 0) return `${days}d ${hours % 24}h`
  if (hours > 0) return `${hours}h ${minutes % 60}m`
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`
}
