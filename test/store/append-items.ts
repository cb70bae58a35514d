/** Short ways to write log records in tests. */
import { randomBytes } from 'node:crypto'
import type { DocumentId } from '../../src/protocol/names.ts'
import type { AppendItem, DocumentStore, RecordKind, Seq } from '../../src/room/ports.ts'

export const LINEAGE = '0123456789abcdef0123456789abcdef'

export function documentNamed(name: string): DocumentId {
  return `plain/${name}` as DocumentId
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

/** Items of one document, numbered from `first`; a text stands for an update. */
export function itemsFrom(
  store: Pick<DocumentStore, 'token'>,
  document: DocumentId,
  first: Seq,
  contents: readonly (string | Uint8Array | readonly [RecordKind, string])[],
): AppendItem[] {
  return contents.map((content, index) => {
    const isPair = Array.isArray(content)
    const kind = isPair ? (content[0] as RecordKind) : 'update'
    const payload = isPair ? (content[1] as string) : (content as string | Uint8Array)
    const bytes = typeof payload === 'string' ? bytesOf(payload) : payload
    return {
      document,
      token: store.token,
      seq: first + index,
      at: 1_700_000_000_000,
      kind,
      author: 'ada',
      bytes,
    }
  })
}

/** A document of `created` and these updates. */
export async function begin(
  store: DocumentStore,
  document: DocumentId,
  updates: readonly (string | Uint8Array)[] = [],
): Promise<void> {
  await store.append(itemsFrom(store, document, 1, [['created', LINEAGE], ...updates]))
}

/** Appends these updates after whatever the document has. */
export async function extend(
  store: DocumentStore,
  document: DocumentId,
  updates: readonly (string | Uint8Array)[],
): Promise<void> {
  const head = (await store.load(document))?.head ?? 0
  await store.append(itemsFrom(store, document, head + 1, updates))
}

/** Snapshot and tail as one text: compaction must not change it. Updates are texts here. */
export async function contentOf(store: DocumentStore, document: DocumentId): Promise<string | undefined> {
  const stored = await store.load(document)
  if (stored === undefined) return undefined
  return [textOf(stored.snapshot) ?? '', ...stored.tail.map((record) => textOf(record.bytes))].join('')
}

/** Does not compress, so that sizes on disk are what they seem. */
export function noise(bytes: number): Uint8Array {
  return new Uint8Array(randomBytes(bytes))
}
