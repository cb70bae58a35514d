import { SyncError } from '../protocol/errors.ts'

const MAX_PATH_LENGTH = 4096

/**
 * A path of Jupyter's files in the one spelling that names a file: relative to its root, single
 * slashes, no slash at the ends. Throws `bad_request` for what could mean another place or nothing.
 */
export function normalizePath(path: string): string {
  const plain = plainPath(path)
  if (plain === undefined) throw new SyncError('bad_request', 'The path names no file.')
  return plain
}

/** The same; undefined instead of an error. */
export function plainPath(path: string): string | undefined {
  const segments = path.split('/').filter((segment) => segment !== '')
  const isPlain = segments.every((segment) => segment !== '.' && segment !== '..')
  if (segments.length === 0 || !isPlain || path.includes('\0') || path.length > MAX_PATH_LENGTH) {
    return undefined
  }
  return segments.join('/')
}

/** JupyterLab's timeline sends paths that were encoded twice; undefined when this one cannot be. */
export function decodedOnceMore(path: string): string | undefined {
  if (!path.includes('%')) return undefined
  try {
    const decoded = normalizePath(decodeURIComponent(path))
    return decoded === path ? undefined : decoded
  } catch {
    return undefined
  }
}

/** Where `path` is after `from`, a file or a folder, became `to`; undefined when that does not touch it. */
export function movedPath(path: string, from: string, to: string): string | undefined {
  if (path === from) return to
  return path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined
}

/** True for the path itself and for everything in the folder of that name. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
