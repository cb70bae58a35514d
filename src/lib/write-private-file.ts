import { rename, writeFile } from 'node:fs/promises'

/** Replaces a file that only its owner may read (mode 0600). A crash leaves the old or the new one. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, text, { mode: 0o600 })
  await rename(temporary, path)
}
