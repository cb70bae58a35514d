import { readFile, rm } from 'node:fs/promises'
import { writePrivateFile } from '../../lib/write-private-file.ts'

/** Says that a server was stopped on purpose, so that our own restart does not start it. */
export type StoppedMark = {
  /** Who stopped it, as people call them. */
  readonly by: string
}

const MAX_NAME_LENGTH = 200

/** Undefined when it was not stopped. A file that cannot be read counts: nobody asked for a start. */
export async function readStoppedMark(file: string): Promise<StoppedMark | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    return { by: 'somebody' }
  }
  try {
    const mark: unknown = JSON.parse(text)
    const by = typeof mark === 'object' && mark !== null && 'by' in mark ? mark.by : undefined
    return { by: typeof by === 'string' ? by.slice(0, MAX_NAME_LENGTH) : 'somebody' }
  } catch {
    return { by: 'somebody' }
  }
}

export async function writeStoppedMark(file: string, mark: StoppedMark): Promise<void> {
  await writePrivateFile(file, `${JSON.stringify(mark)}\n`)
}

export async function removeStoppedMark(file: string): Promise<void> {
  await rm(file, { force: true })
}
