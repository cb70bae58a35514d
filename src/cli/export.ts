/** `outrigger export DIR`: every document as a file that other programs read. */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { DocumentId } from '../protocol/names.ts'
import type { StoredDocument } from '../room/ports.ts'
import { LevelFileIndex } from '../store/file-index.ts'
import type { FileIndex } from '../store/file-index.ts'
import type { LevelDatabase } from '../store/level-database.ts'
import { listDocuments } from '../store/list-documents.ts'
import { openLevelDatabase } from '../store/open-level-database.ts'
import { openStoreSource } from '../store/open-store-source.ts'
import { readDocument } from '../store/read-document.ts'
import { writeCopy } from '../store/write-copy.ts'
import { tellDamage } from './backup.ts'
import type { CommandContext } from './context.ts'
import { readFolders } from './data-folder.ts'
import { ExportFolder } from './export-folder.ts'
import { createFolder } from './new-folder.ts'

export type ExportedFile = {
  /** Names of folders and at last of the file, as people know them; any characters. */
  readonly path: readonly string[]
  readonly content: string | Uint8Array
}

/** Turns one document into files. Throws when its history does not fit together. */
export type DescribeDocument = (
  document: DocumentId,
  stored: StoredDocument,
  files: Pick<FileIndex, 'pathOf'>,
) => Promise<readonly ExportedFile[]>

const USAGE = 'outrigger export DIR [--data FOLDER]'
/** Removed before the folder gets its name. */
const SCRATCH = '.store'

/**
 * Works on a copy, so that a server may go on meanwhile, and a store of an older version is not
 * brought to this one's format by being looked at.
 */
export async function exportDocuments(context: CommandContext): Promise<number> {
  const { dataDir, target } = await readFolders(context, USAGE)
  const source = await openStoreSource(dataDir)
  try {
    const { documents, failed } = await createFolder(target, async (partial) => {
      const scratch = join(partial, SCRATCH)
      await mkdir(scratch)
      await writeCopy(scratch, source.entries)
      const database = await openLevelDatabase({ directory: scratch, fsync: 'never' })
      try {
        return await writeAll(database, partial, context.describeDocument)
      } finally {
        await database.close()
        await rm(scratch, { recursive: true })
      }
    })
    context.print(`${documents} documents are in ${resolve(target)}; index.json there names their files.\n`)
    return tellDamage(failed, context)
  } finally {
    await source.close()
  }
}

type Written = { readonly documents: number; readonly failed: readonly string[] }

async function writeAll(
  database: LevelDatabase,
  directory: string,
  describe: DescribeDocument,
): Promise<Written> {
  const files = new LevelFileIndex(database)
  const folder = new ExportFolder(directory)
  const index = await open(join(directory, 'index.json'), 'wx')
  const failed: string[] = []
  let documents = 0
  try {
    await index.write(`{\n"exportedAt": ${JSON.stringify(new Date().toISOString())},\n"documents": [`)
    await database.read(async (reader) => {
      for await (const document of listDocuments(reader)) {
        const line = await exportOne(document, async () => {
          const reading = await readDocument(reader, document)
          if (reading.kind === 'absent') throw new Error('it has no history')
          if (reading.kind === 'damaged') throw new Error(reading.fault.fault)
          return folder.write(await describe(document, reading.stored, files))
        })
        if ('problem' in line) failed.push(`${document}: ${line.problem}`)
        await writeLine(index, documents, line)
        documents += 1
      }
    })
    await index.write('\n]\n}\n')
  } finally {
    await index.close()
  }
  return { documents: documents - failed.length, failed }
}

type IndexLine =
  | { readonly document: DocumentId; readonly files: readonly string[] }
  | { readonly document: DocumentId; readonly problem: string }

/** One document that cannot be read does not keep the others from being written; a full disk does. */
async function exportOne(document: DocumentId, write: () => Promise<readonly string[]>): Promise<IndexLine> {
  try {
    return { document, files: await write() }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error
    return { document, problem: error instanceof Error ? error.message : String(error) }
  }
}

async function writeLine(index: FileHandle, before: number, line: IndexLine): Promise<void> {
  await index.write(`${before === 0 ? '' : ','}\n${JSON.stringify(line)}`)
}
