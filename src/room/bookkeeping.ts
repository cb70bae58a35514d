import type { Doc } from 'yjs'
import { touchesOnly } from '../document/touches-only.ts'
import type { Dialect } from '../protocol/message.ts'

/** Changes that a client makes by itself on opening a document; see `touchesOnly`. */
export function isBookkeeping(
  { dialect, doc }: { readonly dialect: Dialect; readonly doc: Doc },
  update: Uint8Array,
): boolean {
  return dialect === 'jupyter' && touchesOnly(doc, update, 'state')
}
