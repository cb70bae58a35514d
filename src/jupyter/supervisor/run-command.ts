import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export type CommandOutcome = {
  /** Undefined when the command could not be started or was ended by a signal. */
  readonly exitCode: number | undefined
  /** The last lines of both outputs together. */
  readonly lastLines: readonly string[]
}

const KEPT_LINES = 200

/** Runs a command to its end and hands out its lines as they come. Never throws. */
export async function runCommand(options: {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly onLine?: ((line: string) => void) | undefined
}): Promise<CommandOutcome> {
  const { command, args, environment, signal } = options
  const lastLines: string[] = []
  const onLine = (line: string): void => {
    lastLines.push(line)
    if (lastLines.length > KEPT_LINES) lastLines.shift()
    options.onLine?.(line)
  }
  const child = spawn(command, args, { env: environment, signal, stdio: ['ignore', 'pipe', 'pipe'] })
  readLines(child.stdout, onLine)
  readLines(child.stderr, onLine)
  const exitCode = await new Promise<number | undefined>((resolve) => {
    child.on('error', () => resolve(undefined))
    child.on('close', (code) => resolve(code ?? undefined))
  })
  return { exitCode, lastLines }
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLine)
}
