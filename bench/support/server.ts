/** Outrigger in a process of its own, on an empty data folder, so that its memory and CPU are its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '../../dist/main.js')

export type BenchServer = {
  readonly url: string
  readonly pid: number
  /** From the start of the process to its first answer that it is ready. */
  readonly readyMs: number
  rssBytes(): number
  cpuSeconds(): number
  stop(): Promise<void>
}

export async function startServer(environment: Record<string, string> = {}): Promise<BenchServer> {
  const directory = mkdtempSync(join(tmpdir(), 'outrigger-bench-'))
  const startedAt = performance.now()
  const child = spawn(
    process.execPath,
    [MAIN, 'serve', '--auth', 'open', '--port', '0', '--data', join(directory, 'data')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...environment, OUTRIGGER_LOG_FORMAT: 'json' },
    },
  )
  const url = await readyUrl(child)
  await mustBeReady(url)
  const readyMs = performance.now() - startedAt
  const pid = child.pid ?? 0
  return {
    url,
    pid,
    readyMs,
    rssBytes: () =>
      Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024,
    cpuSeconds: () => {
      // Fields 14 and 15 of proc(5) stat: user and system time in clock ticks, 100 a second.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) / 100
    },
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function readyUrl(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    const url = /"url":"(http[^"]+)"/.exec(text)?.[1]
    if (url === undefined) continue
    child.stdout?.resume()
    return url
  }
  throw new Error(`the server ended before it was ready: ${text}`)
}

async function mustBeReady(url: string): Promise<void> {
  const answer = await fetch(new URL('/outrigger/health/ready', url))
  if (!answer.ok) throw new Error(`not ready: ${await answer.text()}`)
}
