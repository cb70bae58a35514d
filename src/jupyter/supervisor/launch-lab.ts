import { readFile } from 'node:fs/promises'
import { wait } from '../../lib/wait.ts'
import { type LabProcess, isAlive, spawnLab, stopLab } from './lab-process.ts'
import { type LabRecord, removeLabRecord, writeLabRecord } from './lab-record.ts'
import { type ProbeResult, probeJupyter } from './probe.ts'

export type LaunchOptions = {
  /** Path of the `jupyter` command. */
  readonly command: string
  /** What stands between the command and its own arguments. */
  readonly leadingArgs?: readonly string[] | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly recordFile: string
  readonly logFile: string
  /** From the start of the process to its first answer. */
  readonly readyMs: number
  readonly pollMs: number
  /** From the request to end to the end by force. */
  readonly stopMs: number
}

export type Launch =
  | { readonly isReady: true; readonly record: LabRecord; readonly lab: LabProcess }
  | { readonly isReady: false; readonly reason: string }

export function urlOf({ port }: Pick<LabRecord, 'port'>): string {
  return `http://127.0.0.1:${port}/`
}

/** Starts the process, remembers it at once, and waits for its first answer. */
export async function launchLab(
  options: LaunchOptions,
  place: Omit<LabRecord, 'pid'>,
  signal: AbortSignal,
): Promise<Launch> {
  const { command, leadingArgs, environment, logFile, recordFile, stopMs } = options
  let lab: LabProcess
  try {
    lab = await spawnLab({ command, leadingArgs, environment, ...place, logFile })
  } catch (error) {
    return { isReady: false, reason: `${command} cannot be started (${String(error)})` }
  }
  const record = { pid: lab.pid, ...place }
  await writeLabRecord(recordFile, record)
  const answer = await firstAnswer(record, options, signal)
  if (answer === 'ours') return { isReady: true, record, lab }
  await stopLab(lab, stopMs)
  await removeLabRecord(recordFile, lab.pid)
  return { isReady: false, reason: await explain(answer, logFile) }
}

type Answer = ProbeResult | 'ended' | 'stopped'

/** Asks until the process answers, ends, takes too long, or nobody wants to know any more. */
export async function firstAnswer(
  record: LabRecord,
  times: { readonly readyMs: number; readonly pollMs: number },
  signal: AbortSignal,
): Promise<Answer> {
  const deadline = performance.now() + times.readyMs
  for (;;) {
    const answer = await probeJupyter(urlOf(record), record.token)
    if (answer !== 'no-answer') return answer
    if (!isAlive(record.pid)) return 'ended'
    if (performance.now() > deadline) return 'no-answer'
    if (!(await wait(times.pollMs, signal))) return 'stopped'
  }
}

async function explain(answer: Exclude<Answer, 'ours'>, logFile: string): Promise<string> {
  switch (answer) {
    case 'ended':
      return `it ended at once: ${await lastLine(logFile)} (see ${logFile})`
    case 'no-answer':
      return `it does not answer (see ${logFile})`
    case 'refuses-token':
      return 'it refuses our token, because your own Jupyter configuration sets another (IdentityProvider.token); remove it there'
    case 'asks-no-token':
      return `another server answers on its port, or your Jupyter configuration switches the token off (see ${logFile})`
    case 'stopped':
      return 'it was stopped'
  }
}

async function lastLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').at(-1)?.slice(0, 300) || 'no message'
}
