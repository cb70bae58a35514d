import {
  AbstractType,
  ContentEmbed,
  ContentFormat,
  ContentString,
  ContentType,
  type Doc,
  XmlElement,
  XmlHook,
  XmlText,
} from 'yjs'

type Root = NonNullable<ReturnType<Doc['share']['get']>>

/** What lies in a root, as far as its content tells: a root has no type of its own on the wire. */
type RootKind = 'text' | 'xml' | 'array' | 'map' | 'empty'

/**
 * The content of a document nobody here knows the layout of, as JSON for a person or a script to
 * read: one property a root. Text without its formats, XML as markup, bytes as base64 and big integers
 * as decimal text, so it is a view and not a second copy.
 */
export function describeRoots(doc: Doc): string {
  // Reading a root by its type adds to nothing but fixes the type; the names are taken before.
  const names = [...doc.share.keys()]
  const view = Object.fromEntries(names.map((name) => [name, contentOf(doc, name)]))
  return JSON.stringify(view, plainValue, 2)
}

function contentOf(doc: Doc, name: string): unknown {
  const root = doc.share.get(name)
  switch (root === undefined ? 'empty' : kindOf(root)) {
    case 'text':
      return doc.getText(name).toJSON()
    case 'xml':
      return doc.getXmlFragment(name).toJSON()
    case 'array':
      return doc.getArray(name).toArray().map(withoutTypes)
    case 'map':
      return doc.getMap(name).toJSON()
    case 'empty':
      return null
  }
}

function kindOf(root: Root): RootKind {
  for (let item = root._start; item !== null; item = item.right) {
    if (item.deleted) continue
    const { content } = item
    if (content instanceof ContentString || content instanceof ContentFormat) return 'text'
    if (content instanceof ContentEmbed) return 'text'
    if (content instanceof ContentType && isXml(content.type)) return 'xml'
    return 'array'
  }
  return root._map.size > 0 ? 'map' : 'empty'
}

function isXml(type: unknown): boolean {
  return type instanceof XmlElement || type instanceof XmlText || type instanceof XmlHook
}

function withoutTypes(value: unknown): unknown {
  return value instanceof AbstractType ? (value.toJSON() as unknown) : value
}

function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value
}
