/**
 * Just enough of a Jupyter server for Outrigger to open a notebook: it has one file, under any name,
 * and takes what is saved. So the standard set needs no Python.
 */
import { createHash } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type NotebookHost = {
  readonly url: string
  readonly token: string
  close(): Promise<void>
}

const TOKEN = 'bench'
const LINE = 'value = compute(value, 12345)  # a line of code like any other\n'

/** `bytes`: size of the file, about; spread over code cells without outputs. */
export async function startNotebookHost(bytes: number, cells: number): Promise<NotebookHost> {
  const notebook = JSON.stringify(bigNotebook(bytes, cells))
  const server = createServer((request, response) => answer(request, response, notebook))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    token: TOKEN,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function bigNotebook(bytes: number, cells: number): object {
  const lines = Math.ceil(bytes / cells / LINE.length)
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
      source: LINE.repeat(lines),
    })),
  }
}

function answer(request: IncomingMessage, response: ServerResponse, notebook: string): void {
  const url = new URL(request.url ?? '/', 'http://host')
  const reply = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  request.resume()
  if (url.pathname === '/api/status') return reply(200, { started: 'now' })
  if (!url.pathname.startsWith('/api/contents/')) return reply(404, { message: 'not found', reason: null })
  const path = decodeURIComponent(url.pathname.slice('/api/contents/'.length))
  const hasContent = request.method === 'GET' && url.searchParams.get('content') !== '0'
  reply(200, {
    name: path,
    path,
    type: 'notebook',
    writable: true,
    created: '2026-01-01T00:00:00Z',
    last_modified: '2026-01-01T00:00:00Z',
    size: notebook.length,
    mimetype: null,
    hash: createHash('sha256').update(notebook).digest('hex'),
    hash_algorithm: 'sha256',
    content: hasContent ? (JSON.parse(notebook) as object) : null,
    format: hasContent ? 'json' : null,
  })
}
