/** `outrigger backup DIR`: a data folder with the same content, also of a store that is in use. */
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { copyLooseFiles } from '../store/copy-loose-files.ts'
import { openStoreSource } from '../store/open-store-source.ts'
import { type CopyFacts, writeCopy } from '../store/write-copy.ts'
import { type CommandContext, ExitCode } from './context.ts'
import { readFolders } from './data-folder.ts'
import { createFolder } from './new-folder.ts'

const USAGE = 'outrigger backup DIR [--data FOLDER]'

export async function backup(context: CommandContext): Promise<number> {
  const { dataDir, target } = await readFolders(context, USAGE)
  const source = await openStoreSource(dataDir)
  const of = source.isRunning ? 'the running server' : 'the data folder, which no server has open'
  context.note(`Copying ${of} (${resolve(dataDir)}) …`)
  try {
    const facts = await createFolder(target, async (partial) => {
      // First, because instance.json may be behind the database, but not ahead of it.
      await copyLooseFiles(dataDir, partial)
      const copied = await writeCopy(partial, source.entries)
      await writeFile(join(partial, 'backup.json'), manifest(context.version, copied))
      return copied
    })
    context.print(told(facts, target))
    return tellDamage(facts.damaged, context)
  } finally {
    await source.close()
  }
}

/** What was damaged is in the copy as it was; somebody should know. */
export function tellDamage(damaged: readonly string[], { note }: Pick<CommandContext, 'note'>): number {
  if (damaged.length === 0) return ExitCode.fine
  note(`Damaged in the store already:\n${damaged.map((line) => `  ${line}\n`).join('')}`)
  return ExitCode.environment
}

function manifest(version: string, { documents, entries, bytes, checksum }: CopyFacts): string {
  const facts = { madeAt: new Date().toISOString(), version, documents, entries, bytes, checksum }
  return `${JSON.stringify(facts, undefined, 2)}\n`
}

function told({ documents, entries, bytes }: CopyFacts, target: string): string {
  const megabytes = (bytes / 1e6).toFixed(1)
  return [
    `${documents} documents (${entries} entries, ${megabytes} MB) are in ${resolve(target)}, read back and compared.`,
    'It is a data folder: start a server on it (or on a copy of it) with --data.',
    '',
  ].join('\n')
}
