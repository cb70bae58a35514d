import type { Doc } from 'yjs'

/** The keys of the root map `state` that the server owns (jupyter-collaboration 5). */
export type FileState = {
  readonly path?: string | undefined
  /** True while the document has what the file does not. */
  readonly dirty?: boolean | undefined
  /** Jupyter's hash of the file; `null` takes it away, when the contents manager knows no hashes. */
  readonly hash?: string | null | undefined
}

/** Writes what differs, in the caller's transaction: clients react to every change of these keys. */
export function writeFileState(doc: Doc, next: FileState): void {
  const state = doc.getMap('state')
  for (const [key, value] of Object.entries(next)) {
    if (value === undefined || state.get(key) === value) continue
    if (value !== null) state.set(key, value)
    else if (state.has(key)) state.delete(key)
  }
}

export function isMarkedDirty(doc: Doc): boolean {
  return doc.getMap('state').get('dirty') === true
}

/**
 * JupyterLab's `autosave` flag, one per person present: one yes is enough. Undefined when nobody
 * says anything about it.
 */
export function autosaveWish(states: readonly Readonly<Record<string, unknown>>[]): boolean | undefined {
  const flags = states.map((state) => state['autosave']).filter((flag) => typeof flag === 'boolean')
  return flags.length === 0 ? undefined : flags.includes(true)
}
