/**
 * Who else may come: see, add, change, remove, and why somebody may what. For managers; anybody may
 * give back what was granted to themselves.
 */
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { XStatic } from 'typebox/schema'
import { decide, isMeant } from '../../access/decide.ts'
import type { Action, Principal, Subject } from '../../access/model.ts'
import { closest } from '../../config/suggest.ts'
import type { Actor, GrantBook, GrantEntry } from '../../identity/grant-book.ts'
import { SyncError } from '../../protocol/errors.ts'
import { admits, callerOf, refuseUnlessStill } from '../admit.ts'
import { expiryOf } from '../expiry.ts'
import { describeViewer, reasonsFor } from './describe-viewer.ts'
import { type ManagedResource, RESOURCE_PATH } from './resources.ts'
import {
  NEW_VIEWER,
  RESOURCE_PARAMS,
  USER_ACCESS,
  USER_QUERY,
  VIEWER,
  VIEWERS,
  VIEWER_CHANGE,
  VIEWER_PARAMS,
  type ViewerAnswer,
} from './viewer-schemas.ts'

/** Users and groups that the configuration knows; undefined when others know people, too. */
export type KnownNames = { readonly users: readonly string[]; readonly groups: readonly string[] }

export type ViewersDeps = ManagedResource & { readonly knownNames: () => KnownNames | undefined }

type OnViewer = { readonly Params: XStatic<typeof VIEWER_PARAMS> }

const VIEWERS_PATH = `${RESOURCE_PATH}/viewers`
const VIEWER_PATH = `${VIEWERS_PATH}/:id`
const MANAGE: Action = 'viewers.manage'
const CONFIGURATION = 'the configuration'

export function viewerRoutes(deps: ViewersDeps): FastifyPluginAsync {
  return async (scope) => {
    reading(scope, deps)
    adding(scope, deps)
    changing(scope, deps)
    removing(scope, deps)
  }
}

function reading(scope: FastifyInstance, deps: ViewersDeps): void {
  const { gate, name } = deps
  const onRequest = admits(gate, MANAGE, { resource: name })
  scope.get(
    VIEWERS_PATH,
    {
      onRequest,
      schema: { summary: 'Who was given access', params: RESOURCE_PARAMS, response: { 200: VIEWERS } },
    },
    async () => ({
      viewers: bookOf(deps)
        .entries()
        .map((entry) => describeViewer(entry, Date.now())),
    }),
  )
  scope.get<OnViewer>(
    VIEWER_PATH,
    { onRequest, schema: { summary: 'One viewer', params: VIEWER_PARAMS, response: { 200: VIEWER } } },
    async (request) => describeViewer(entryOf(deps, request.params.id), Date.now()),
  )
  const schema = {
    summary: 'What a user may do here, and why',
    description: 'Of groups, only those that the configuration knows are taken into account.',
    params: RESOURCE_PARAMS,
    querystring: USER_QUERY,
    response: { 200: USER_ACCESS },
  }
  scope.get<{ Querystring: XStatic<typeof USER_QUERY> }>(
    `${RESOURCE_PATH}/access`,
    { onRequest, schema },
    async (request) => {
      const principal = userNamed(request.query.user)
      const because = reasonsFor(principal, bookOf(deps), Date.now())
      return { user: principal.id, access: gate.accessOf({ principal }), because }
    },
  )
}

function adding(scope: FastifyInstance, deps: ViewersDeps): void {
  const { gate, name, baseUrl } = deps
  const schema = {
    summary: 'Give access to a user or a group, or deny it',
    params: RESOURCE_PARAMS,
    body: NEW_VIEWER,
    response: {
      201: { ...VIEWER, description: 'Added; the header Location names it.' },
      200: { ...VIEWER, description: 'The subject had been added before: replaced.' },
    },
  }
  scope.post<{ Body: XStatic<typeof NEW_VIEWER> }>(
    VIEWERS_PATH,
    { onRequest: admits(gate, MANAGE, { resource: name }), schema },
    async (request, reply) => {
      const { viewer, isNew } = await add(deps, request, request.body)
      if (isNew) reply.header('location', `${baseUrl}${addressOf(name, viewer.id)}`)
      return await reply.code(isNew ? 201 : 200).send(viewer)
    },
  )
}

function changing(scope: FastifyInstance, deps: ViewersDeps): void {
  const schema = {
    summary: 'Change the access or the end of what was given',
    params: VIEWER_PARAMS,
    body: VIEWER_CHANGE,
    response: { 200: VIEWER },
  }
  scope.patch<OnViewer & { Body: XStatic<typeof VIEWER_CHANGE> }>(
    VIEWER_PATH,
    { onRequest: admits(deps.gate, MANAGE, { resource: deps.name }), schema },
    async (request) => await change(deps, request, { id: request.params.id, ...request.body }),
  )
}

function removing(scope: FastifyInstance, deps: ViewersDeps): void {
  const schema = {
    summary: 'Take access away, or give back your own',
    params: VIEWER_PARAMS,
    response: { 204: { type: 'null', description: 'Removed.' } },
  }
  scope.delete<OnViewer>(
    VIEWER_PATH,
    // Whoever is in may leave; the handler looks whose grant it is.
    { onRequest: admits(deps.gate, 'state.read', { resource: deps.name }), schema },
    async (request, reply) => {
      await remove(deps, request, request.params.id)
      return await reply.code(204).send()
    },
  )
}

async function add(
  deps: ViewersDeps,
  request: FastifyRequest,
  { subject, access, expires }: XStatic<typeof NEW_VIEWER>,
): Promise<{ readonly viewer: ViewerAnswer; readonly isNew: boolean }> {
  const book = bookOf(deps)
  refuseUnlessStill(deps.gate, callerOf(request), MANAGE)
  if (subject === book.live.current.owner) {
    throw new SyncError('bad_request', `subject: ${subject} is the owner, who may do everything anyway.`)
  }
  const expiresAt = expires === undefined ? undefined : expiryOf(expires, Date.now())
  const added = await book.add({ subject: subject as Subject, access, expiresAt }, actorOf(request))
  if (added === 'full') throw new SyncError('grants_full')
  const warning = warningFor(subject, deps.knownNames())
  const viewer = { ...describeViewer(added.entry, Date.now()), ...(warning === undefined ? {} : { warning }) }
  return { viewer, isNew: added.isNew }
}

async function change(
  deps: ViewersDeps,
  request: FastifyRequest,
  { id, access, expires }: XStatic<typeof VIEWER_CHANGE> & { readonly id: string },
): Promise<ViewerAnswer> {
  const book = bookOf(deps)
  refuseUnlessStill(deps.gate, callerOf(request), MANAGE)
  refuseDeclared(entryOf(deps, id))
  const expiresAt = typeof expires === 'string' ? expiryOf(expires, Date.now()) : expires
  const changed = await book.change(id, { access, expiresAt }, actorOf(request))
  if (changed === undefined) throw new SyncError('not_found')
  return describeViewer(changed, Date.now())
}

async function remove(deps: ViewersDeps, request: FastifyRequest, id: string): Promise<void> {
  const { gate } = deps
  const caller = callerOf(request)
  const book = bookOf(deps)
  const access = gate.accessOf(caller)
  const isManager = decide({ principal: caller.principal, access }, MANAGE) === 'allow'
  const entry = isManager ? entryOf(deps, id) : ownEntry(book, caller.principal, id)
  refuseDeclared(entry, isManager)
  if (!(await book.remove(id, actorOf(request)))) throw new SyncError('not_found')
}

/** What a caller who manages nothing may give back. Others' grants are not told from missing ones. */
function ownEntry(book: GrantBook, principal: Principal, id: string): GrantEntry {
  const entry = book.entry(id)
  const { groups = {} } = book.live.facts(Date.now())
  const isOwn = entry !== undefined && principal.isAuthenticated && isMeant(entry.subject, principal, groups)
  if (!isOwn) throw new SyncError('forbidden')
  if (entry.subject.startsWith('group:')) throw new SyncError('grant_of_group')
  return entry
}

/** Where the configuration lies is for managers only. */
function refuseDeclared({ origin, subject, declaredAt = CONFIGURATION }: GrantEntry, isManager = true): void {
  if (origin !== 'config') return
  if (!isManager)
    throw new SyncError('declared', `${subject} is declared in ${CONFIGURATION}; ask the owner.`)
  const instead = `Until then, adding ${subject} here with access "none" denies it.`
  throw new SyncError('declared', `${subject} is declared in ${declaredAt}: change it there. ${instead}`)
}

function bookOf({ book }: ViewersDeps): GrantBook {
  if (book === undefined) throw new SyncError('open_mode')
  return book
}

function entryOf(deps: ViewersDeps, id: string): GrantEntry {
  const entry = bookOf(deps).entry(id)
  if (entry === undefined) throw new SyncError('not_found')
  return entry
}

function actorOf(request: FastifyRequest): Actor {
  return { id: callerOf(request).principal.id, address: request.raw.socket.remoteAddress ?? '' }
}

/** A name that nobody has yet is taken: people may be added later, by whoever knows them. */
function warningFor(subject: string, known: KnownNames | undefined): string | undefined {
  if (known === undefined) return undefined
  const colon = subject.indexOf(':')
  const kind = subject.slice(0, colon) === 'user' ? 'user' : 'group'
  const name = subject.slice(colon + 1)
  const names = known[`${kind}s`]
  if (names.includes(name)) return undefined
  const guess = closest(name, names)
  return `The configuration knows no ${kind} "${name}".${guess === undefined ? '' : ` Did you mean ${guess}?`}`
}

/** Somebody of whom only the name is known, and what the configuration says about it. */
function userNamed(name: string): Principal {
  return { id: name, displayName: name, initials: '', color: '', groups: [], isAuthenticated: true }
}

function addressOf(name: string, id: string): string {
  return `outrigger/api/v1/resources/${encodeURIComponent(name)}/viewers/${encodeURIComponent(id)}`
}
