import { type Doc, type ID, Item, createID, decodeUpdate, getItem, getState } from 'yjs'

type Struct = ReturnType<typeof decodeUpdate>['structs'][number]

/**
 * True when everything in `update` lies directly in the root type `rootName` of `doc`.
 *
 * JupyterLab writes into the `state` map of a document as soon as it has opened it; a reader's
 * client does so too and must not be scolded for it.
 */
export function touchesOnly(doc: Doc, update: Uint8Array, rootName: string): boolean {
  const root = doc.share.get(rootName)
  const { structs, ds } = decodeUpdate(update)
  const isInRoot = (id: ID): boolean => {
    if (id.clock >= getState(doc.store, id.client)) {
      return structs.some((struct) => contains(struct, id) && isStructInRoot(struct))
    }
    const item = getItem(doc.store, id)
    return item instanceof Item && root !== undefined && item.parent === root
  }
  const isStructInRoot = (struct: Struct): boolean => {
    if (!(struct instanceof Item)) return false
    if (typeof struct.parent === 'string') return struct.parent === rootName
    const neighbor = struct.origin ?? struct.rightOrigin
    return neighbor !== null && isInRoot(neighbor)
  }
  if (!structs.every(isStructInRoot)) return false
  return [...ds.clients].every(([client, ranges]) =>
    ranges.every((range) => isInRoot(createID(client, range.clock))),
  )
}

function contains(struct: Struct, id: ID): boolean {
  return (
    struct.id.client === id.client &&
    struct.id.clock <= id.clock &&
    id.clock < struct.id.clock + struct.length
  )
}
