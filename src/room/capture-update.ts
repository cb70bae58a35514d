import type { Doc } from 'yjs'

/** Runs one transaction and returns its merged update; undefined when it changed nothing. */
export function captureUpdate(doc: Doc, run: () => void): Uint8Array | undefined {
  let captured: Uint8Array | undefined
  const onUpdate = (update: Uint8Array): void => {
    captured = update
  }
  doc.on('update', onUpdate)
  try {
    run()
  } finally {
    doc.off('update', onUpdate)
  }
  return captured
}
