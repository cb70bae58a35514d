import { type Doc, mergeUpdates } from 'yjs'

/**
 * Runs one transaction and returns its update; undefined when it changed nothing. What observers change in
 * transactions of their own on that occasion is in it as well.
 */
export function captureUpdate(doc: Doc, run: () => void): Uint8Array | undefined {
  const captured: Uint8Array[] = []
  const onUpdate = (update: Uint8Array): void => void captured.push(update)
  doc.on('update', onUpdate)
  try {
    run()
  } finally {
    doc.off('update', onUpdate)
  }
  return captured.length > 1 ? mergeUpdates(captured) : captured[0]
}
