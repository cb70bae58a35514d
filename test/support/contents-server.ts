/**
 * A small stand-in for Jupyter's Contents API: a real HTTP server with files in memory. Answers
 * have the shapes of jupyter_server 2.21, its oddities included; faults are switched by the test.
 */
import { createHash } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type StoredFile = { text: string; lastModified: string; isWritable: boolean }

export type Faults = {
  /** Every connection is cut. */
  isDown: boolean
  /** Answered to every contents request. */
  status: number | undefined
  /** Answered to every PUT; nothing is written. */
  writeStatus: number | undefined
  /** Every answer takes this long. */
  delayMs: number
  /** A PUT is carried out and its connection cut before the answer. */
  cutsAfterWrite: boolean
  /** Writes only this many characters and answers 500, once. */
  tearsWriteAt: number | undefined
  /** `hash` is null, as with contents managers that know no hashes. */
  hasHashes: boolean
  /** Runs after each write, before its answer: a post-save hook, or another program. */
  afterWrite: ((path: string) => void) | undefined
  /** Runs after the content of a file was read, before the answer is sent. */
  afterRead: ((path: string) => void) | undefined
  /** Runs before each write is carried out. */
  beforeWrite: ((path: string) => void | Promise<void>) | undefined
}

export class ContentsServer {
  readonly files = new Map<string, StoredFile>()
  /** Files that a write left cut. */
  readonly torn = new Set<string>()
  readonly counts = { stat: 0, read: 0, write: 0 }
  readonly requests: string[] = []
  readonly faults: Faults = {
    isDown: false,
    status: undefined,
    writeStatus: undefined,
    delayMs: 0,
    cutsAfterWrite: false,
    tearsWriteAt: undefined,
    hasHashes: true,
    afterWrite: undefined,
    afterRead: undefined,
    beforeWrite: undefined,
  }
  readonly token = 'secret'
  /** Answers the probe for the Python half of jupyter-collaboration. */
  hasServerHalf = false
  #microseconds = 1_795_000_000_000_000
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch(() => response.destroy())
  })

  static async start(): Promise<ContentsServer> {
    const server = new ContentsServer()
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/base/`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Somebody writes the file without Jupyter. */
  put(path: string, text: string): void {
    this.torn.delete(path)
    this.files.set(path, {
      text,
      lastModified: this.#tick(),
      isWritable: this.files.get(path)?.isWritable ?? true,
    })
  }

  putNotebook(path: string, notebook: unknown): void {
    this.put(path, JSON.stringify(notebook, null, 1))
  }

  touch(path: string): void {
    this.put(path, this.text(path))
  }

  text(path: string): string {
    const file = this.files.get(path)
    if (file === undefined) throw new Error(`no file ${path}`)
    return file.text
  }

  notebook(path: string): {
    cells: { id?: string; source: string; [key: string]: unknown }[]
    [key: string]: unknown
  } {
    return JSON.parse(this.text(path))
  }

  hash(path: string): string {
    return sha256(this.text(path))
  }

  setWritable(path: string, isWritable: boolean): void {
    const file = this.files.get(path)
    if (file !== undefined) file.isWritable = isWritable
  }

  rename(from: string, to: string): void {
    const file = this.files.get(from)
    if (file === undefined) throw new Error(`no file ${from}`)
    this.files.delete(from)
    this.files.set(to, file)
  }

  #tick(): string {
    this.#microseconds += 1
    const date = new Date(Math.floor(this.#microseconds / 1000))
    return date.toISOString().replace('Z', `${String(this.#microseconds % 1000).padStart(3, '0')}Z`)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x')
    this.requests.push(`${request.method} ${url.pathname}${url.search}`)
    const body = await bodyOf(request)
    if (this.faults.delayMs > 0)
      await new Promise((resolve) => setTimeout(resolve, this.faults.delayMs).unref())
    if (this.faults.isDown) {
      response.destroy()
      return
    }
    if (request.headers.authorization !== `token ${this.token}`) return fail(response, 403, 'Forbidden')
    if (url.pathname === '/base/api/status') return reply(response, 200, { started: 'now' })
    if (url.pathname.startsWith('/base/api/collaboration/fork/'))
      return this.hasServerHalf ? reply(response, 200, {}) : html(response, 404)
    if (!url.pathname.startsWith('/base/api/contents/')) return html(response, 404)
    if (this.faults.status !== undefined) return fail(response, this.faults.status, 'fault')
    const path = decodeURIComponent(url.pathname.slice('/base/api/contents/'.length))
    if (request.method === 'PUT') return this.#write(response, path, JSON.parse(body))
    return this.#read(response, path, url.searchParams)
  }

  #read(response: ServerResponse, path: string, query: URLSearchParams): void {
    const isStat = query.get('content') === '0'
    this.counts[isStat ? 'stat' : 'read'] += 1
    if (query.get('format') === 'json') return fail(response, 400, "Format 'json' is invalid")
    if (path.endsWith('.dir')) {
      return isStat
        ? fail(response, 500, "Keys unexpectedly None: ['hash', 'hash_algorithm']")
        : fail(response, 400, `${path} is a directory, not a file`)
    }
    const file = this.files.get(path)
    if (file === undefined) return fail(response, 404, `file or directory '/${path}' does not exist`)
    const isNotebook = (query.get('type') ?? (path.endsWith('.ipynb') ? 'notebook' : 'file')) === 'notebook'
    const model = this.#model(path, file, isNotebook, query.get('hash') === '1')
    if (isStat) return reply(response, 200, model)
    this.faults.afterRead?.(path)
    const content = contentOf(file.text, isNotebook)
    if (content === undefined)
      return fail(response, 400, `Unreadable ${isNotebook ? 'Notebook' : 'file'}: ${path}`)
    reply(response, 200, { ...model, content, format: isNotebook ? 'json' : 'text' })
  }

  async #write(
    response: ServerResponse,
    path: string,
    model: { type: string; content: unknown },
  ): Promise<void> {
    this.counts.write += 1
    const { writeStatus, cutsAfterWrite, tearsWriteAt } = this.faults
    if (writeStatus !== undefined) return fail(response, writeStatus, 'Permission denied')
    await this.faults.beforeWrite?.(path)
    const isNotebook = model.type === 'notebook'
    const text = isNotebook ? serialized(model.content) : String(model.content)
    const isNew = !this.files.has(path)
    if (tearsWriteAt !== undefined) {
      this.faults.tearsWriteAt = undefined
      this.put(path, text.slice(0, tearsWriteAt))
      this.torn.add(path)
      return fail(response, 500, 'No space left on device')
    }
    this.put(path, text)
    const written = this.#model(path, this.files.get(path) as StoredFile, isNotebook, false)
    this.faults.afterWrite?.(path)
    if (cutsAfterWrite) {
      response.destroy()
      return
    }
    reply(response, isNew ? 201 : 200, written)
  }

  #model(path: string, file: StoredFile, isNotebook: boolean, withHash: boolean): Record<string, unknown> {
    const hash = withHash && this.faults.hasHashes ? sha256(file.text) : null
    return {
      name: path.split('/').at(-1),
      path,
      last_modified: file.lastModified,
      created: file.lastModified,
      content: null,
      format: null,
      mimetype: null,
      size: Buffer.byteLength(file.text),
      writable: file.isWritable,
      hash,
      hash_algorithm: hash === null ? null : 'sha256',
      type: isNotebook ? 'notebook' : 'file',
    }
  }
}

/** As nbformat writes it: one space of indentation, sorted keys, `trusted` kept out of the file. */
function serialized(notebook: unknown): string {
  const sorted = (_key: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const entries = Object.entries(value).filter(([key]) => key !== 'trusted')
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
  return `${JSON.stringify(notebook, sorted, 1)}\n`
}

/** Undefined when Jupyter would answer 400. `\0` stands for bytes that are no UTF-8. */
function contentOf(text: string, isNotebook: boolean): unknown {
  if (!isNotebook) return text.includes('\0') ? undefined : text
  try {
    const notebook = JSON.parse(text)
    for (const cell of notebook.cells) if (cell.cell_type === 'code') cell.metadata.trusted = true
    return notebook
  } catch {
    return undefined
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function fail(response: ServerResponse, status: number, message: string): void {
  reply(response, status, { message, reason: null })
}

function html(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' })
  response.end('<!DOCTYPE HTML><title>Jupyter Server</title>')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
