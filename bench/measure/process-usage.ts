/** CPU and memory of a process and all it started, as the operating system counts them (Linux). */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export type Usage = { readonly cpuSeconds: number; readonly rssBytes: number }

/** proc(5) counts in clock ticks; Linux on every platform Node runs on has 100 a second. */
const TICKS_PER_SECOND = 100

/** Undefined when the process is gone, or where there is no `/proc`. */
export function readUsage(pid: number): Usage | undefined {
  const all = [pid, ...descendants(pid)].map(readOne).filter((usage) => usage !== undefined)
  if (all.length === 0) return undefined
  return {
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    rssBytes: all.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
  }
}

function readOne(pid: number): Usage | undefined {
  const stat = read(`/proc/${pid}/stat`)
  const status = read(`/proc/${pid}/status`)
  // The name in parentheses may hold spaces; fields are counted behind it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined || status === undefined) return undefined
  return {
    // Fields 14 and 15 of the line: user and system time.
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
  }
}

function descendants(pid: number): number[] {
  const children = (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number)
  return children.flatMap((child) => [child, ...descendants(child)])
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Bytes of all files below a folder; files that vanish meanwhile count as nothing. */
export function folderBytes(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + sizeOf(join(entry.parentPath, entry.name)), 0)
  } catch {
    return 0
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}
