import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { until } from './until.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export type CliOptions = {
  /** Added to a small environment without any OUTRIGGER_* variable. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  readonly cwd?: string | undefined
  /** A bundle to run in place of `src/main.ts`; see `bundle`. */
  readonly bundle?: string | undefined
}

/** The command line as a real process. Whoever starts one ends it. */
export class CliProcess {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  /** Resolves with the exit code, or minus the signal's name. */
  readonly ended: Promise<number | string>

  constructor(args: readonly string[], options: CliOptions = {}) {
    const program =
      options.bundle === undefined
        ? ['--import', import.meta.resolve('tsx'), join(ROOT, 'src/main.ts')]
        : [options.bundle]
    this.child = spawn(process.execPath, [...program, ...args], {
      cwd: options.cwd ?? ROOT,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()))
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => resolve(code ?? signal ?? ''))
    })
  }

  async says(text: string | RegExp, deadlineMs = 20_000): Promise<void> {
    const isSaid = (): boolean => {
      const all = `${this.stdout}${this.stderr}`
      return typeof text === 'string' ? all.includes(text) : text.test(all)
    }
    try {
      await until(isSaid, deadlineMs, `"${String(text)}" in the output`)
    } catch (error) {
      throw new Error(`${String(error)}; the output is: ${this.stdout}${this.stderr}`, { cause: error })
    }
  }
}

/**
 * One file out of `entry` and all it imports, in `folder`. For tests that start a process many
 * times: it starts in a tenth of the time that the sources take.
 */
export async function bundle(entry: string, folder: string): Promise<string> {
  const outfile = join(folder, 'bundle.mjs')
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // The yaml package is CommonJS and asks for Node's modules by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('/')" },
    logLevel: 'silent',
  })
  return outfile
}

/** Runs a command to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<{ readonly code: number | string; readonly stdout: string; readonly stderr: string }> {
  const cli = new CliProcess(args, options)
  const code = await cli.ended
  return { code, stdout: cli.stdout, stderr: cli.stderr }
}
