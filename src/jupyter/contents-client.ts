/**
 * Jupyter's Contents API over HTTP, with the sidecar's own token. Every call has a deadline and a
 * size limit, answers with a union and never throws; `close` ends all calls that are under way.
 */
import {
  type ContentsFault,
  type ReadAnswer,
  type StatAnswer,
  type WriteAnswer,
  faultOf,
  isRecord,
  messageOf,
  parseFacts,
} from './contents-answer.ts'

export type ContentsClientOptions = {
  /** Jupyter's address with its base URL, e.g. `http://127.0.0.1:8888/user/ann/`. */
  readonly url: string
  readonly token?: string | undefined
  readonly fetch?: typeof fetch | undefined
  /** Deadline of calls that carry no content. */
  readonly statTimeoutMs?: number | undefined
  /** Deadline of calls that carry content. */
  readonly transferTimeoutMs?: number | undefined
  /** Larger answers are refused while they arrive. */
  readonly maxContentBytes?: number | undefined
}

export type ContentsType = 'notebook' | 'file'

/** A contents model as `PUT` takes it. */
export type WriteModel = {
  readonly type: ContentsType
  readonly format: 'json' | 'text'
  readonly content: unknown
}

export type CheckResult = 'ok' | 'unreachable' | 'refused'

type Call = {
  readonly method: 'GET' | 'PUT'
  /** Relative to the base URL, already encoded. */
  readonly path: string
  readonly timeoutMs: number
  readonly body?: string | undefined
}

type Reply = { readonly kind: 'reply'; readonly status: number; readonly body: unknown } | ContentsFault

export class ContentsClient {
  readonly #base: string
  readonly #headers: Record<string, string>
  readonly #fetch: typeof fetch
  readonly #statTimeoutMs: number
  readonly #transferTimeoutMs: number
  readonly #maxContentBytes: number
  readonly #underWay = new Set<AbortController>()
  #isClosed = false

  constructor(options: ContentsClientOptions) {
    this.#base = options.url.endsWith('/') ? options.url : `${options.url}/`
    this.#headers = { accept: 'application/json' }
    if (options.token !== undefined && options.token !== '')
      this.#headers['authorization'] = `token ${options.token}`
    this.#fetch = options.fetch ?? fetch
    this.#statTimeoutMs = options.statTimeoutMs ?? 5_000
    this.#transferTimeoutMs = options.transferTimeoutMs ?? 30_000
    this.#maxContentBytes = options.maxContentBytes ?? 256 * 1024 * 1024
  }

  /**
   * Facts with hash, without content. jupyter_server 2.21 answers 500 for a directory when it is
   * asked for a hash, so `failed` is what a directory gives here.
   */
  async stat(path: string): Promise<StatAnswer> {
    const reply = await this.#call({
      method: 'GET',
      path: `${contentsPath(path)}?content=0&hash=1&no_track_activity=1`,
      timeoutMs: this.#statTimeoutMs,
    })
    return reply.kind === 'reply' ? factsFrom(reply) : reply
  }

  /** Facts with hash, and content. `format` stays away for notebooks: Jupyter refuses `json` there. */
  async read(path: string, type: ContentsType, format: 'text' | undefined): Promise<ReadAnswer> {
    const query = `content=1&type=${type}${format === undefined ? '' : `&format=${format}`}`
    const reply = await this.#call({
      method: 'GET',
      path: `${contentsPath(path)}?${query}&hash=1&no_track_activity=1`,
      timeoutMs: this.#transferTimeoutMs,
    })
    if (reply.kind !== 'reply') return reply
    const answer = factsFrom(reply)
    if (answer.kind !== 'ok' || !isRecord(reply.body))
      return answer.kind === 'ok' ? unreadable(reply) : answer
    return { ...answer, content: reply.body['content'] }
  }

  /**
   * Writes a file. Jupyter knows no conditional write, so the caller compares before and after. Its
   * answer has no hash; its `lastModified` tells whether somebody else wrote since.
   */
  async write(path: string, model: WriteModel): Promise<WriteAnswer> {
    const reply = await this.#call({
      method: 'PUT',
      path: contentsPath(path),
      timeoutMs: this.#transferTimeoutMs,
      body: JSON.stringify(model),
    })
    if (reply.kind !== 'reply') return reply
    const answer = factsFrom(reply)
    return answer.kind === 'ok' ? { ...answer, isCreated: reply.status === 201 } : answer
  }

  /** Whether Jupyter is there and takes the token. */
  async check(): Promise<CheckResult> {
    const reply = await this.#call({ method: 'GET', path: 'api/status', timeoutMs: this.#statTimeoutMs })
    if (reply.kind === 'reply' && reply.status === 200) return 'ok'
    if (reply.kind !== 'reply') return 'unreachable'
    return faultOf(reply.status, '')?.kind === 'refused' ? 'refused' : 'unreachable'
  }

  /**
   * Whether the Python half of jupyter-collaboration runs there too. Its list of forks is the one
   * thing that can be asked without an effect: 404 only when the extension is off.
   */
  async serverHalf(): Promise<'present' | 'absent' | 'unknown'> {
    const path = 'api/collaboration/fork/outrigger-probe'
    const reply = await this.#call({ method: 'GET', path, timeoutMs: this.#statTimeoutMs })
    if (reply.kind !== 'reply' || reply.status >= 500) return 'unknown'
    return reply.status === 404 ? 'absent' : 'present'
  }

  /** Ends what is under way; later calls answer `unreachable`. */
  close(): void {
    this.#isClosed = true
    for (const controller of this.#underWay) controller.abort(new Error('closed'))
  }

  async #call(call: Call): Promise<Reply> {
    if (this.#isClosed) return { kind: 'unreachable', cause: new Error('closed') }
    const controller = new AbortController()
    this.#underWay.add(controller)
    const timer = setTimeout(
      () => controller.abort(new Error(`no answer within ${call.timeoutMs} ms`)),
      call.timeoutMs,
    )
    try {
      const response = await this.#fetch(this.#base + call.path, {
        method: call.method,
        headers: this.#headers,
        body: call.body ?? null,
        redirect: 'manual',
        signal: controller.signal,
      })
      return await this.#replyOf(response)
    } catch (cause) {
      return { kind: 'unreachable', cause }
    } finally {
      clearTimeout(timer)
      this.#underWay.delete(controller)
    }
  }

  async #replyOf(response: Response): Promise<Reply> {
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length
      if (bytes > this.#maxContentBytes) {
        return { kind: 'bad', message: `The file has more than ${this.#maxContentBytes} bytes.` }
      }
      chunks.push(chunk)
    }
    return { kind: 'reply', status: response.status, body: parseJson(Buffer.concat(chunks).toString('utf8')) }
  }
}

function factsFrom(reply: Extract<Reply, { kind: 'reply' }>): StatAnswer {
  const fault = faultOf(reply.status, messageOf(reply.body, `HTTP ${reply.status}`))
  if (fault !== undefined) return fault
  const facts = parseFacts(reply.body)
  return facts === undefined ? unreadable(reply) : { kind: 'ok', facts }
}

function unreadable(reply: { readonly status: number }): ContentsFault {
  return {
    kind: 'failed',
    status: reply.status,
    message: 'Jupyter answered something that is no contents model.',
  }
}

/** Slashes stay, each segment is encoded by itself. */
function contentsPath(path: string): string {
  return `api/contents/${path.split('/').map(encodeURIComponent).join('/')}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
