/** The load tool's command as tests call it. */
import { PassThrough } from 'node:stream'
import { main } from '../../../bench/main.ts'

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** In this process; what it prints is kept. */
export async function bench(...args: string[]): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  const progress = new PassThrough()
  progress.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const code = await main(args, {
    print: (text) => (stdout += text),
    note: (text) => (stderr += `${text}\n`),
    progress,
  })
  return { code, stdout, stderr }
}
