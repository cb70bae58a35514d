/** The server's memory with one open 1 MB notebook and one person in it. */
import { BENCH } from '../config.ts'
import { readUsage } from '../measure/process-usage.ts'
import { startOutrigger } from '../servers/outrigger.ts'
import { createDialect } from '../wire/create-dialect.ts'
import { openSocket } from '../wire/socket.ts'
import { startNotebookHost } from './notebook-host.ts'

/** What the server settles at is measured, not what the load needed for a moment. */
const SETTLE_MS = 2000
const PATIENCE_MS = 30_000
/** A client without a document knows nothing yet: an empty state vector. */
const NOTHING_KNOWN = new Uint8Array([0])

export type MemoryResult = { readonly rssBytes: number; readonly receivedBytes: number }

export async function measureMemory(signal: AbortSignal): Promise<MemoryResult> {
  const { notebookBytes, cells } = BENCH.memory
  const host = await startNotebookHost(notebookBytes, cells)
  try {
    const server = await startOutrigger({
      env: { OUTRIGGER_JUPYTER: host.url, OUTRIGGER_JUPYTER_TOKEN: host.token },
    })
    try {
      const opened = await openNotebook(server.url)
      await pause(SETTLE_MS, signal)
      const usage = readUsage(server.pid)
      opened.close()
      if (usage === undefined) throw new Error('the memory of a process cannot be read on this system')
      return { rssBytes: usage.rssBytes, receivedBytes: opened.receivedBytes }
    } finally {
      await server.stop()
    }
  } finally {
    await host.close()
  }
}

type OpenNotebook = { readonly receivedBytes: number; close(): void }

/** As JupyterLab does: a session, the room, and the first question. */
async function openNotebook(url: string): Promise<OpenNotebook> {
  const dialect = createDialect('jupyter', { url })
  const place = await dialect.locate('big.ipynb')
  return new Promise<OpenNotebook>((resolve, reject) => {
    const late = setTimeout(() => {
      socket.terminate()
      reject(new Error(`the notebook was not there after ${PATIENCE_MS / 1000} s`))
    }, PATIENCE_MS)
    const socket = openSocket(place, {
      opened: () => {
        for (const message of dialect.hello(place.room, NOTHING_KNOWN)) socket.send(message)
      },
      message: (bytes) => {
        if (dialect.decode(bytes).kind !== 'state') return
        clearTimeout(late)
        resolve({ receivedBytes: bytes.length, close: () => socket.close() })
      },
      closed: (code, reason) => {
        clearTimeout(late)
        reject(new Error(`the room was closed with ${code} ${reason}`))
      },
    })
  })
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end)
      resolve()
    }, ms)
    signal.addEventListener('abort', end, { once: true })
  })
}
