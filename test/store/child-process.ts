import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../support/until.ts'

const CHILD = fileURLToPath(new URL('store-child.ts', import.meta.url))

export type StoreChild = {
  readonly lines: readonly string[]
  /** Resolves when it ended by itself. */
  readonly ended: () => Promise<{ readonly code: number | null; readonly lines: readonly string[] }>
  readonly kill: () => Promise<void>
  readonly sawLines: (count: number) => Promise<void>
}

/** Runs `store-child.ts`; it is killed after the test if it is still there. */
export function startChild(
  t: TestContext,
  args: readonly string[],
  launcher: readonly string[] = [],
): StoreChild {
  const [command = process.execPath, ...rest] = [
    ...launcher,
    process.execPath,
    '--import',
    'tsx',
    CHILD,
    ...args,
  ]
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const lines = collectLines(child)
  const exit = once(child, 'close')
  return {
    lines,
    ended: async () => {
      const [code] = (await exit) as [number | null]
      return { code, lines }
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exit
    },
    sawLines: async (count) =>
      until(() => lines.length >= count || child.exitCode !== null, 20_000, 'child output'),
  }
}

function collectLines(child: ChildProcess): string[] {
  const lines: string[] = []
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  return lines
}
