/** Where results go: the terminal, JSON, a page. */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ConfigError, type Fault } from '../../src/config/fault.ts'
import type { OutputPlan } from '../plan/options.ts'
import type { BenchIo } from './io.ts'

export type Output = {
  /** As a person reads it. */
  readonly text: string
  readonly json: unknown
  /** Made only when it is asked for: drawing takes a moment. */
  readonly html: () => Promise<string>
}

/** Before a run: nobody wants to measure for minutes and then learn that a folder is missing. */
export function checkOutput({ json, html }: OutputPlan): void {
  const faults: Fault[] = []
  for (const [flag, file] of [
    ['--json', json === '-' ? undefined : json],
    ['--html', html],
  ] as const) {
    if (file !== undefined && !isWritable(file))
      faults.push({
        key: flag,
        problem: `${file} cannot be written`,
        fix: 'Give a file in a folder that exists and that you may write to.',
      })
  }
  if (faults.length > 0) throw new ConfigError(faults)
}

function isWritable(file: string): boolean {
  try {
    accessSync(dirname(resolve(file)), constants.W_OK)
  } catch {
    return false
  }
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() !== true
}

export async function writeOutput(output: Output, plan: OutputPlan, io: BenchIo): Promise<void> {
  const json = `${JSON.stringify(output.json, undefined, 2)}\n`
  if (plan.json === '-') {
    // stdout is for the machine then.
    io.note(output.text.trimEnd())
    io.print(json)
  } else {
    io.print(output.text)
    if (plan.json !== undefined) writeFileSync(plan.json, json)
  }
  if (plan.html !== undefined) writeFileSync(plan.html, await output.html())
}
