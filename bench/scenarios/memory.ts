/** The server's memory with one open 1 MB notebook and one person in it. */
import { WebSocket } from 'ws'
import { ContentsServer } from '../../test/support/contents-server.ts'
import { BENCH } from '../config.ts'
import { startServer } from '../support/server.ts'

export type MemoryResult = {
  readonly rssBytes: number
  readonly notebookBytes: number
  readonly receivedBytes: number
}

export async function memory(): Promise<MemoryResult> {
  const contents = await ContentsServer.start()
  const notebook = JSON.stringify(bigNotebook())
  contents.put('big.ipynb', notebook)
  const server = await startServer({
    OUTRIGGER_JUPYTER: contents.url,
    OUTRIGGER_JUPYTER_TOKEN: contents.token,
  })
  const receivedBytes = await openNotebook(server.url)
  // What the server settles at, not what the load needed for a moment.
  await new Promise((resolve) => setTimeout(resolve, 2000))
  const rssBytes = server.rssBytes()
  await server.stop()
  await contents.close()
  return { rssBytes, notebookBytes: notebook.length, receivedBytes }
}

function bigNotebook(): object {
  const { notebookBytes, cells } = BENCH.memory
  const line = 'value = compute(value, 12345)  # a line of code like any other\n'
  const lines = Math.ceil(notebookBytes / cells / line.length)
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: Array.from({ length: cells }, (_, index) => ({
      cell_type: 'code',
      id: `cell-${index}`,
      metadata: {},
      execution_count: null,
      outputs: [],
      source: line.repeat(lines),
    })),
  }
}

/** Opens it as JupyterLab does; gives the size of the first answer that holds the document. */
async function openNotebook(url: string): Promise<number> {
  const answer = await fetch(`${url}api/collaboration/session/big.ipynb`, {
    method: 'PUT',
    headers: { origin: new URL(url).origin },
    body: JSON.stringify({ format: 'json', type: 'notebook' }),
  })
  if (!answer.ok) throw new Error(`no session: ${answer.status} ${await answer.text()}`)
  const { fileId, sessionId } = (await answer.json()) as { fileId: string; sessionId: string }
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}api/collaboration/room/json:notebook:${fileId}?sessionId=${sessionId}`,
  )
  return await new Promise<number>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', (code) => reject(new Error(`closed with ${code}`)))
    socket.on('open', () => socket.send(new Uint8Array([0, 0, 1, 0])))
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0 && data[1] === 1) resolve(data.length)
    })
  })
}
