import { randomBytes } from 'node:crypto'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Gate } from '../../identity/gate.ts'
import { SyncError } from '../../protocol/errors.ts'
import { type PageFiles, type PageName, fillPage } from '../page-files.ts'
import { pagePolicy, setSecurityHeaders } from '../security-headers.ts'

export type PagesDeps = {
  readonly gate: Gate
  readonly version: string
  readonly hasJupyter: boolean
  /** Undefined when they were not built; the addresses then say so. */
  readonly files: PageFiles | undefined
}

/** Handed to the scripts of a page. */
export type PageData = {
  readonly version: string
  readonly hasJupyter: boolean
  readonly you: {
    /** A visitor's own, in open mode. */
    readonly id: string
    readonly name: string
    readonly color: string
    readonly isAuthenticated: boolean
    readonly mayEdit: boolean
  }
}

const ONE_YEAR_S = 31_536_000

/**
 * The status page at `outrigger/`, the playground at `outrigger/try`, who may do what at
 * `outrigger/access`, and what they are made of.
 */
export function pagesRoutes(deps: PagesDeps): FastifyPluginAsync {
  return async (scope) => {
    scope.get('/outrigger/', async (request, reply) => await sendPage('status', deps, { request, reply }))
    scope.get('/outrigger/try', async (request, reply) => await sendPage('try', deps, { request, reply }))
    // For everybody who may know of this server: what it holds depends on what the API tells each.
    scope.get(
      '/outrigger/access',
      async (request, reply) => await sendPage('access', deps, { request, reply }),
    )
    // Open to everybody: they are the same for all, and hold nothing that is not public.
    scope.get<{ Params: { name: string } }>(
      '/outrigger/assets/:name',
      async (request, reply) => await sendAsset(request.params.name, deps.files, { request, reply }),
    )
  }
}

type Exchange = { readonly request: FastifyRequest; readonly reply: FastifyReply }

async function sendPage(
  name: PageName,
  deps: PagesDeps,
  { request, reply }: Exchange,
): Promise<FastifyReply> {
  const admission = await deps.gate.admit(request.raw, 'state.read')
  if (!admission.ok) throw new SyncError(admission.code)
  const { files, version, hasJupyter } = deps
  if (files === undefined) throw new SyncError('internal', 'The pages were not built; run: npm run build')
  const { id, displayName, color, isAuthenticated } = admission.principal
  const mayEdit = admission.access === 'edit' || admission.access === 'manage'
  const you = { id, name: displayName, color, isAuthenticated, mayEdit }
  const data: PageData = { version, hasJupyter, you }
  const nonce = randomBytes(16).toString('base64url')
  const isEditor = name === 'try'
  setSecurityHeaders(
    reply,
    pagePolicy({ styleNonce: isEditor ? nonce : undefined, hasStyleAttributes: isEditor }),
  )
  return await reply.type('text/html; charset=utf-8').send(fillPage(files.html[name], { data, nonce }))
}

async function sendAsset(
  name: string,
  files: PageFiles | undefined,
  { request, reply }: Exchange,
): Promise<FastifyReply> {
  const asset = files?.assets.get(name)
  if (asset === undefined) throw new SyncError('not_found')
  const isGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  if (isGzip) reply.header('content-encoding', 'gzip')
  reply.headers({ 'cache-control': `public, max-age=${ONE_YEAR_S}, immutable`, vary: 'accept-encoding' })
  return await reply.type(asset.type).send(isGzip ? asset.gzipped : asset.bytes)
}
