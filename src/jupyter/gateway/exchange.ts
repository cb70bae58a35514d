/**
 * One HTTP request and its answer, streaming both ways.
 *
 * Whatever fails before Jupyter's answer begins is thrown as a `SyncError`, for the server's one
 * error handler; after that the status is out, and all that can be done is to cut the connection.
 */
import type { IncomingMessage, OutgoingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { SyncError } from '../../protocol/errors.ts'
import { bodyChange } from './answer-body.ts'
import { copyBody } from './body-copy.ts'
import {
  type ContentsRequest,
  changesFiles,
  contentsEvent,
  isHashQuestion,
  parseContentsRequest,
} from './contents-request.ts'
import { endToEndHeaders } from './hop-by-hop.ts'
import { type Entry, type Passage, admit, incomingHeaders, outgoingHeaders } from './passage.ts'
import { hasBody } from './request-headers.ts'
import type { Call } from './upstream.ts'
import { waitAtMost } from './wait-at-most.ts'
import { isForged } from './xsrf.ts'

/** A rename is a few hundred bytes. */
const MAX_COPIED_BODY_BYTES = 64 * 1024

export async function exchange(
  passage: Passage,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { counters, limits } = passage
  counters.requests += 1
  const entry = await enter(passage, request.raw)
  if (await isAnsweredHere(passage, entry, { request, reply })) return
  const contents = parseContentsRequest(entry.target)
  if (contents !== undefined && isHashQuestion(request.method, contents, entry.target.query)) {
    await waitAtMost(() => passage.settled(contents.path), limits.settleMs)
  }
  if (request.raw.socket.destroyed) return giveUp(passage, reply)
  if (counters.requestsInFlight >= limits.maxRequestsInFlight) throw new SyncError('too_fast')
  counters.requestsInFlight += 1
  try {
    const talk = (): Promise<void> => converse({ passage, entry, contents, request: request.raw, reply })
    const isChange = contents !== undefined && changesFiles(request.method, contents)
    await (isChange ? passage.alone([contents.path], talk) : talk())
  } finally {
    counters.requestsInFlight -= 1
  }
}

/** While Jupyter does not run, people see why, and programs are told. */
async function isAnsweredHere(
  { standIn }: Passage,
  { admission }: Entry,
  visit: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<boolean> {
  if (await standIn.page({ ...visit, admission })) return true
  const refusal = standIn.refusal()
  if (refusal !== undefined) throw new SyncError(refusal)
  return false
}

type Conversation = {
  readonly passage: Passage
  readonly entry: Entry
  readonly contents: ContentsRequest | undefined
  readonly request: IncomingMessage
  readonly reply: FastifyReply
}

async function enter(passage: Passage, request: IncomingMessage): Promise<Entry> {
  try {
    const entry = await admit(passage, request)
    if (isForged(request, entry.target, entry.admission.source)) {
      throw new SyncError('forbidden', 'The page is out of date; reload it and try again.')
    }
    return entry
  } catch (error) {
    passage.counters.refused += 1
    throw error
  }
}

async function converse(conversation: Conversation): Promise<void> {
  const { contents, request, reply } = conversation
  const isRename = request.method === 'PATCH' && contents?.part === 'model'
  const call = ask(conversation)
  const cut = (): void => {
    call.request.destroy()
  }
  reply.raw.once('close', cut)
  const body = isRename ? copyBody(request, MAX_COPIED_BODY_BYTES) : undefined
  sendBody(request, call.request)
  try {
    const response = await answered(call)
    if (contents !== undefined && isSuccess(response)) await announce(conversation, contents, body?.())
    await sendAnswer(conversation, response)
  } catch (error) {
    call.request.destroy()
    fail(conversation, error)
  } finally {
    reply.raw.off('close', cut)
    leaveBody(request, call)
  }
}

function ask({ passage, entry, contents, request }: Conversation): Call {
  const isReaderView = isReadersModel(entry, contents)
  const isPageWanted = request.headers.accept?.includes('text/html') === true
  const headers = outgoingHeaders(passage, entry, {
    request,
    needsPlainAnswer: isPageWanted || isReaderView,
  })
  // What this reader's browser remembers may be from a time when it was allowed to write.
  if (isReaderView) delete headers['if-none-match']
  const method = request.method ?? 'GET'
  return passage.upstream.call({ method, path: entry.target.upstreamPath, headers }, 'pooled')
}

function isReadersModel({ admission }: Entry, contents: ContentsRequest | undefined): boolean {
  return admission.access === 'read' && contents?.part === 'model'
}

function sendBody(request: IncomingMessage, to: OutgoingMessage): void {
  if (!hasBody(request)) {
    to.end()
    return
  }
  passTrailers(request, to)
  request.pipe(to)
}

/** The last chance to send them is before `pipe` ends the message. */
function passTrailers(from: IncomingMessage, to: OutgoingMessage): void {
  from.once('end', () => {
    if (from.rawTrailers.length > 0 && !to.destroyed) to.addTrailers([...endToEndHeaders(from.rawTrailers)])
  })
}

async function answered(call: Call): Promise<IncomingMessage> {
  const answer = await call.answer
  if (answer.kind === 'response') return answer.response
  answer.socket.destroy()
  throw new SyncError('jupyter_unreachable', 'Jupyter switched protocols without being asked.')
}

function isSuccess({ statusCode }: IncomingMessage): boolean {
  return statusCode !== undefined && statusCode >= 200 && statusCode < 300
}

/** Before the client hears of its success, so that what it asks next finds the rooms ready. */
async function announce(
  { passage, request }: Conversation,
  contents: ContentsRequest,
  body: Buffer | undefined,
): Promise<void> {
  const event = contentsEvent(request.method ?? 'GET', contents, body)
  if (event === undefined) return
  try {
    await passage.contentsChanged(event)
  } catch (error) {
    passage.onError(error)
  }
}

async function sendAnswer(conversation: Conversation, response: IncomingMessage): Promise<void> {
  const { passage, entry, contents, reply } = conversation
  const readerViewMaxBytes = isReadersModel(entry, contents) ? passage.limits.maxReaderViewBytes : undefined
  const { filters, dropped } = bodyChange(response, { secrets: passage.secrets, readerViewMaxBytes })
  const headers = incomingHeaders(passage, entry, { response, dropped })
  // Cookies of our own, which hooks have set; Fastify's other headers are not for Jupyter's answers.
  for (const own of [reply.getHeader('set-cookie') ?? []].flat()) headers.push('set-cookie', String(own))
  reply.raw.writeHead(response.statusCode ?? 502, response.statusMessage, headers)
  reply.hijack()
  passTrailers(response, reply.raw)
  await pipeline([response, ...filters, reply.raw])
}

/** Throws when there is still somebody to tell. */
function fail({ passage, reply }: Conversation, error: unknown): void {
  const isClientGone = reply.raw.destroyed && !isBrokenAnswer(error)
  if (isClientGone) return giveUp(passage, reply)
  passage.counters.upstreamFailures += 1
  passage.onError(error)
  if (!reply.sent) throw error
}

/** Once the answer has begun, node:http reports its end before time as a reset. */
function isBrokenAnswer(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET'
}

function giveUp(passage: Passage, reply: FastifyReply): void {
  passage.counters.clientAborts += 1
  if (!reply.sent) reply.hijack()
}

/**
 * Jupyter may answer before it has read everything. The rest is read and thrown away, so that the
 * client, which may still be sending, gets to the answer.
 */
function leaveBody(request: IncomingMessage, call: Call): void {
  if (call.request.writableFinished) return
  request.unpipe(call.request)
  request.resume()
  call.request.destroy()
}
