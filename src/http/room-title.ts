import type { DocumentId } from '../protocol/names.ts'

/** JupyterLab keeps one room that stands for no file, for who is here at all. */
const EVERYBODY = 'jupyter/JupyterLab:globalAwareness'

/** What a person calls a room: `title`, such as a file's path, or the room's own name. */
export function roomTitle(document: DocumentId, title: string | undefined): string {
  return title ?? (document === EVERYBODY ? 'JupyterLab' : document.slice(document.indexOf('/') + 1))
}
