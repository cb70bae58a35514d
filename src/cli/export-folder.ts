/**
 * Writes exported files below one folder that is new and nobody else's. Names that are taken, also in
 * the eyes of a file system that knows no upper case, get a number; the file system itself is asked,
 * so nothing has to be remembered.
 */
import { mkdir, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExportedFile } from './export.ts'
import { safeFileName } from './safe-file-name.ts'

const MAX_ATTEMPTS = 10_000

export class ExportFolder {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** Gives the files' paths below the folder, with `/` between segments. */
  async write(files: readonly ExportedFile[]): Promise<readonly string[]> {
    const paths: string[] = []
    for (const { path, content } of files) {
      const folders: string[] = []
      for (const name of path.slice(0, -1)) folders.push(await this.#enter(folders, safeFileName(name)))
      const name = await this.#create(folders, safeFileName(path.at(-1) ?? ''), content)
      paths.push([...folders, name].join('/'))
    }
    return paths
  }

  /** A folder of that name, unless a file has it. */
  async #enter(folders: readonly string[], name: string): Promise<string> {
    return this.#tryNames(name, async (candidate) => {
      const path = join(this.#root, ...folders, candidate)
      try {
        await mkdir(path)
        return true
      } catch (error) {
        if (!isTaken(error)) throw error
        return (await stat(path)).isDirectory()
      }
    })
  }

  async #create(folders: readonly string[], name: string, content: string | Uint8Array): Promise<string> {
    return this.#tryNames(name, async (candidate) => {
      const path = join(this.#root, ...folders, candidate)
      try {
        const file = await open(path, 'wx')
        try {
          await file.writeFile(content)
        } finally {
          await file.close()
        }
        return true
      } catch (error) {
        if (!isTaken(error)) throw error
        return false
      }
    })
  }

  async #tryNames(name: string, isMine: (candidate: string) => Promise<boolean>): Promise<string> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const candidate = attempt === 1 ? name : numbered(name, attempt)
      if (await isMine(candidate)) return candidate
    }
    throw new Error(`there are too many files named ${name}`)
  }
}

/** `a~2.txt`; the extension says what a file is. */
function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? `${name}~${number}` : `${name.slice(0, dot)}~${number}${name.slice(dot)}`
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'EISDIR')
}
