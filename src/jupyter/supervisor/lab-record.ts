import { readFile, rm } from 'node:fs/promises'
import { writePrivateFile } from '../../lib/write-private-file.ts'

/** Remembers the running Jupyter across our own death, so that kernels survive it. */
export type LabRecord = {
  readonly pid: number
  readonly port: number
  readonly token: string
  /** Folder whose files it serves. */
  readonly rootDir: string
}

export async function readLabRecord(file: string): Promise<LabRecord | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isLabRecord(record) ? record : undefined
  } catch {
    return undefined
  }
}

export async function writeLabRecord(file: string, record: LabRecord): Promise<void> {
  await writePrivateFile(file, `${JSON.stringify(record, undefined, 2)}\n`)
}

/** Removes the record, unless it meanwhile speaks of another process. */
export async function removeLabRecord(file: string, pid: number): Promise<void> {
  if ((await readLabRecord(file))?.pid === pid) await rm(file, { force: true })
}

function isLabRecord(value: unknown): value is LabRecord {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Partial<Record<keyof LabRecord, unknown>>
  return (
    Number.isSafeInteger(record.pid) &&
    Number(record.pid) > 0 &&
    Number.isSafeInteger(record.port) &&
    typeof record.token === 'string' &&
    typeof record.rootDir === 'string'
  )
}
