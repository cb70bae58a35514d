/**
 * Every door of a running server: each HTTP route with each of its methods, what it passes on to
 * Jupyter, and each kind of websocket, with the row of the decision table that stands behind it.
 *
 * `doors.test.ts` tries all of them as every kind of caller, and fails when a route is registered that
 * is not here.
 */
import type { Action } from '../../src/access/model.ts'

export type Door = {
  /** The row of the decision table; `public` for what everybody may see. */
  readonly action: Action | 'public'
  /** An address that leads here, below the base URL. `FILE_ID` and `SESSION` are filled in. */
  readonly path: string
  readonly body?: unknown
  /** What may be answered to somebody who was let in, beside success: the door has rules of its own. */
  readonly answers?: readonly number[] | undefined
}

const FILE = { format: 'text', type: 'file' }
/** Not offered yet. */
const ABSENT = { answers: [404] }

const RESOURCE = 'outrigger/api/v1/resources/jupyter'

/** By method and pattern, as registered below the base URL. */
export const ROUTES: Readonly<Record<string, Door>> = {
  'GET /outrigger': { action: 'public', path: 'outrigger', answers: [302] },
  'GET /outrigger/': { action: 'state.read', path: 'outrigger/' },
  'GET /outrigger/access': { action: 'state.read', path: 'outrigger/access' },
  'GET /outrigger/try': { action: 'state.read', path: 'outrigger/try' },
  // Named after their content, which changes.
  'GET /outrigger/assets/:name': { action: 'public', path: 'outrigger/assets/none.js', answers: [404] },
  'GET /outrigger/health/live': { action: 'public', path: 'outrigger/health/live' },
  'GET /outrigger/health/ready': { action: 'public', path: 'outrigger/health/ready' },
  'GET /outrigger/sign-in': { action: 'public', path: 'outrigger/sign-in', answers: [302] },
  'POST /outrigger/sign-in': { action: 'public', path: 'outrigger/sign-in', answers: [401, 429] },
  'POST /outrigger/sign-out': { action: 'public', path: 'outrigger/sign-out', answers: [303] },
  'GET /logout': { action: 'public', path: 'logout', answers: [303] },
  'GET /outrigger/metrics': { action: 'server.observe', path: 'outrigger/metrics' },
  'GET /outrigger/api/v1/rooms': { action: 'server.observe', path: 'outrigger/api/v1/rooms' },
  'POST /outrigger/api/v1/profile': {
    action: 'server.observe',
    path: 'outrigger/api/v1/profile?seconds=none',
    answers: [400],
  },
  'GET /outrigger/api/v1/status': { action: 'state.read', path: 'outrigger/api/v1/status' },
  // Who has no secret learns nothing, whoever it is; many wrong ones make an address wait.
  'GET /outrigger/join/:secret': { action: 'public', path: 'outrigger/join/none', answers: [404, 429] },
  'POST /outrigger/join/:secret': { action: 'public', path: 'outrigger/join/none', answers: [404, 429] },
  'GET /outrigger/api/v1/resources/:name/audit': { action: 'audit.read', path: `${RESOURCE}/audit` },
  'GET /outrigger/api/v1/resources/:name/people': { action: 'people.list', path: `${RESOURCE}/people` },
  'POST /outrigger/api/v1/resources/:name/kick': {
    action: 'people.manage',
    path: `${RESOURCE}/kick`,
    body: { user: 'somebody-else' },
  },
  'GET /outrigger/api/v1/resources/:name/links': { action: 'viewers.manage', path: `${RESOURCE}/links` },
  'POST /outrigger/api/v1/resources/:name/links': {
    action: 'viewers.manage',
    path: `${RESOURCE}/links`,
    body: { access: 'read' },
  },
  'DELETE /outrigger/api/v1/resources/:name/links/:id': {
    action: 'viewers.manage',
    path: `${RESOURCE}/links/none`,
    answers: [404],
  },
  'GET /outrigger/api/v1/openapi.json': { action: 'state.read', path: 'outrigger/api/v1/openapi.json' },
  'GET /outrigger/api/v1/resources': { action: 'state.read', path: 'outrigger/api/v1/resources' },
  'POST /outrigger/api/v1/resources': {
    action: 'server.delete',
    path: 'outrigger/api/v1/resources',
    answers: [409],
  },
  'GET /outrigger/api/v1/resources/:name': { action: 'state.read', path: RESOURCE },
  'PATCH /outrigger/api/v1/resources/:name': {
    action: 'owner.change',
    path: RESOURCE,
    body: { owner: 'user:sam' },
  },
  'DELETE /outrigger/api/v1/resources/:name': { action: 'server.delete', path: RESOURCE, answers: [409] },
  'GET /outrigger/api/v1/resources/:name/access': {
    action: 'viewers.manage',
    path: `${RESOURCE}/access?user=lin`,
  },
  'GET /outrigger/api/v1/resources/:name/viewers': { action: 'viewers.manage', path: `${RESOURCE}/viewers` },
  'POST /outrigger/api/v1/resources/:name/viewers': {
    action: 'viewers.manage',
    path: `${RESOURCE}/viewers`,
    body: { subject: 'user:sue', access: 'read' },
  },
  'GET /outrigger/api/v1/resources/:name/viewers/:id': {
    action: 'viewers.manage',
    path: `${RESOURCE}/viewers/config:user:eve`,
  },
  'PATCH /outrigger/api/v1/resources/:name/viewers/:id': {
    action: 'viewers.manage',
    path: `${RESOURCE}/viewers/config:user:eve`,
    body: { access: 'read' },
    answers: [409],
  },
  // Of somebody else's grant, which is declared.
  'DELETE /outrigger/api/v1/resources/:name/viewers/:id': {
    action: 'viewers.manage',
    path: `${RESOURCE}/viewers/config:user:max`,
    answers: [409],
  },
  'GET /outrigger/api/v1/resources/:name/state': { action: 'state.read', path: `${RESOURCE}/state` },
  // This Jupyter is not ours to start and stop.
  'POST /outrigger/api/v1/resources/:name/start': {
    action: 'server.start',
    path: `${RESOURCE}/start`,
    answers: [409],
  },
  'POST /outrigger/api/v1/resources/:name/stop': {
    action: 'server.stop',
    path: `${RESOURCE}/stop`,
    answers: [409],
  },
  'GET /outrigger/api/v1/resources/:name/log': {
    action: 'server.observe',
    path: `${RESOURCE}/log`,
    answers: [409],
  },
  'GET /api/me': { action: 'state.read', path: 'api/me' },
  'PATCH /api/me': { action: 'state.read', path: 'api/me', answers: [501] },
  'PUT /api/collaboration/session/*': {
    action: 'session.request',
    path: 'api/collaboration/session/note.txt',
    body: FILE,
  },
  'GET /api/collaboration/timeline/*': {
    action: 'history.read',
    path: 'api/collaboration/timeline/x',
    ...ABSENT,
  },
  'PUT /api/collaboration/undo_redo/*': {
    action: 'document.update',
    path: 'api/collaboration/undo_redo/x',
    ...ABSENT,
  },
  'GET /api/collaboration/fork/*': { action: 'history.read', path: 'api/collaboration/fork/x', ...ABSENT },
  'PUT /api/collaboration/fork/*': { action: 'document.update', path: 'api/collaboration/fork/x', ...ABSENT },
  'DELETE /api/collaboration/fork/*': {
    action: 'document.update',
    path: 'api/collaboration/fork/x',
    ...ABSENT,
  },
}

/** Patterns that take every method: what is below our name and is nothing, and the gateway. */
export const CATCH_ALL = ['/outrigger/*', '/*'] as const

/** What the gateway passes on: the request line is the door. */
export const PASSED_ON: readonly (readonly [method: string, path: string, action: Action])[] = [
  ['GET', '', 'page.open'],
  ['GET', 'lab', 'page.open'],
  ['GET', 'lab/tree/note.txt', 'page.open'],
  ['GET', 'static/lab/main.js', 'page.open'],
  ['GET', 'lab/api/settings', 'page.open'],
  ['PUT', 'lab/api/settings/x', 'files.write'],
  ['GET', 'api/status', 'state.read'],
  ['GET', 'api/contents/note.txt', 'files.read'],
  ['HEAD', 'api/contents/note.txt', 'files.read'],
  ['GET', 'api/contents/note.txt/checkpoints', 'files.read'],
  ['GET', 'files/note.txt', 'files.read'],
  ['GET', 'nbconvert/html/a.ipynb', 'files.read'],
  ['PUT', 'api/contents/new.txt', 'files.write'],
  ['POST', 'api/contents', 'files.write'],
  ['POST', 'api/contents/note.txt/checkpoints', 'files.write'],
  ['PATCH', 'api/contents/new.txt', 'files.write'],
  ['DELETE', 'api/contents/new.txt', 'files.write'],
  ['POST', 'api/nbconvert/html', 'files.write'],
  ['GET', 'api/kernels', 'state.read'],
  ['GET', 'api/kernels/1', 'state.read'],
  ['GET', 'api/kernels/1/channels', 'kernels.use'],
  ['POST', 'api/kernels', 'kernels.use'],
  ['POST', 'api/kernels/1/interrupt', 'kernels.use'],
  ['DELETE', 'api/kernels/1', 'kernels.use'],
  ['GET', 'api/sessions', 'state.read'],
  ['POST', 'api/sessions', 'kernels.use'],
  ['PATCH', 'api/sessions/1', 'kernels.use'],
  ['DELETE', 'api/sessions/1', 'kernels.use'],
  ['GET', 'api/terminals', 'state.read'],
  ['POST', 'api/terminals', 'kernels.use'],
  ['DELETE', 'api/terminals/1', 'kernels.use'],
  ['POST', 'api/events', 'files.write'],
  ['GET', 'lsp/status', 'state.read'],
  ['GET', 'proxy/8080/', 'kernels.use'],
  ['POST', 'some-extension/anything', 'files.write'],
  ['POST', 'api/shutdown', 'server.stop'],
  ['GET', 'api/shutdown', 'server.stop'],
]

/** Each kind of websocket. */
export const SOCKETS: Readonly<Record<string, Door>> = {
  'a plain room': { action: 'room.join', path: 'outrigger/rooms/door' },
  "a document's room": {
    action: 'room.join',
    path: 'api/collaboration/room/text:file:FILE_ID?sessionId=SESSION',
  },
  'the global awareness': {
    action: 'room.join',
    path: 'api/collaboration/room/JupyterLab:globalAwareness',
  },
  "a kernel's channels": { action: 'kernels.use', path: 'api/kernels/1/channels' },
  'a terminal': { action: 'kernels.use', path: 'terminals/websocket/1' },
  'the events': { action: 'files.read', path: 'api/events/subscribe' },
  'a language server': { action: 'kernels.use', path: 'lsp/ws/pylsp' },
  'something that an extension brings': { action: 'kernels.use', path: 'some-extension/socket' },
  'what is below our name and is nothing': { action: 'request.unrouted', path: 'outrigger/nothing' },
  "Jupyter's own collaboration": { action: 'request.unrouted', path: 'api/collaboration/other' },
}
