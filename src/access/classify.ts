/**
 * What a request that would be passed on to Jupyter is about, as a row of the decision table.
 *
 * Everything is denied by default: a reader gets what is listed below, anything else needs an
 * editor. The lists follow the routes of jupyter_server 2 and what JupyterLab 4.6 asks for at load.
 * An upgrade is classified like the GET that it is, so an unlisted socket needs an editor as well.
 */
import type { Action } from './model.ts'

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Parts of the path that people choose freely, so any character may occur below them. Nothing
 * below can leave the area, because dot segments are refused however they are written.
 */
const FILE_AREAS = [
  'api/contents',
  'api/notebooks',
  'files',
  'view',
  'nbconvert',
  'lab/tree',
  'lab/workspaces',
  'doc/tree',
  'doc/workspaces',
  'tree',
  'notebooks',
  'edit',
  'consoles',
] as const

/** Exactly these paths, safe methods only. */
const READABLE_PATHS: Readonly<Record<string, Action>> = {
  '': 'page.open',
  login: 'page.open',
  'favicon.ico': 'page.open',
  'robots.txt': 'page.open',
  api: 'state.read',
  'api/status': 'state.read',
  'api/spec.yaml': 'state.read',
  'api/me': 'state.read',
  'api/nbconvert': 'state.read',
  'lsp/status': 'state.read',
  'api/resolvepath': 'files.read',
  'api/events/subscribe': 'files.read',
  // JupyterLab polls what runs; without an answer its panels fill with errors.
  'api/kernels': 'state.read',
  'api/sessions': 'state.read',
  'api/terminals': 'state.read',
}

/** These paths and everything below them, safe methods only. */
const READABLE_AREAS: Readonly<Record<string, Action>> = {
  lab: 'page.open',
  doc: 'page.open',
  tree: 'page.open',
  notebooks: 'page.open',
  edit: 'page.open',
  consoles: 'page.open',
  static: 'page.open',
  custom: 'page.open',
  kernelspecs: 'page.open',
  'api/config': 'page.open',
  'api/kernelspecs': 'state.read',
  'api/contents': 'files.read',
  'api/notebooks': 'files.read',
  'api/fileid': 'files.read',
  files: 'files.read',
  view: 'files.read',
  nbconvert: 'files.read',
}

/**
 * One kernel's or session's description. JupyterLab 4.6 asks for it when a kernel socket is refused,
 * and takes a refusal here for a dead kernel, with a dialog. To know that a kernel runs is not to
 * use it: everything further below needs an editor.
 */
const RUNNING_MODEL = /^api\/(kernels|sessions)\/[^/]+$/

/** `path` as for `classifyRequest`. */
export function isRunningModel(path: string): boolean {
  return RUNNING_MODEL.test(path.toLowerCase().replace(/\/$/, ''))
}

/** Never Jupyter's, whatever the method: its own collaboration server must not be reached past us. */
const UNROUTED_AREAS = ['api/collaboration', 'outrigger'] as const
const KERNEL_AREAS = ['api/kernels', 'api/sessions', 'api/terminals', 'terminals'] as const

/** `path` is relative to the base URL, without a leading slash and without the query, decoded once. */
export function classifyRequest(method: string, path: string): Action {
  // Jupyter matches case-sensitively, so a lower-cased path can only be judged more strictly.
  const normal = path.toLowerCase().replace(/\/$/, '')
  if (path.startsWith('/') || !isNormal(normal)) return 'request.malformed'
  if (UNROUTED_AREAS.some((area) => isWithin(normal, area))) return 'request.unrouted'
  if (isWithin(normal, 'api/shutdown')) return 'server.stop'
  return SAFE_METHODS.has(method) ? readAction(normal) : writeAction(normal)
}

function readAction(path: string): Action {
  if (Object.hasOwn(READABLE_PATHS, path)) return READABLE_PATHS[path] ?? 'kernels.use'
  if (RUNNING_MODEL.test(path)) return 'state.read'
  const area = Object.entries(READABLE_AREAS).find(([name]) => isWithin(path, name))
  return area?.[1] ?? 'kernels.use'
}

function writeAction(path: string): Action {
  return KERNEL_AREAS.some((area) => isWithin(path, area)) ? 'kernels.use' : 'files.write'
}

function isWithin(path: string, area: string): boolean {
  return path === area || path.startsWith(`${area}/`)
}

/**
 * False for a path that a server further on could read as another one: empty and dot segments,
 * backslashes and control characters anywhere, also when encoded again; encoded characters and
 * `;` outside the areas where file names stand.
 */
function isNormal(path: string): boolean {
  if (hasControlCharacter(path) || path.includes('\\')) return false
  if (path !== '' && path.split('/').includes('')) return false
  const plain = decodeFully(path)
  if (plain === undefined || plain.split(/[/\\]/).some(isDotSegment)) return false
  return FILE_AREAS.some((area) => path.startsWith(`${area}/`)) || !/[%;]/.test(path)
}

/** Some servers cut a segment at `;` before they look at the dots. */
function isDotSegment(segment: string): boolean {
  return /^\.{1,2}(;|$)/.test(segment)
}

function hasControlCharacter(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the point of this function
  return /[\u0000-\u001f\u007f]/.test(text)
}

const MAX_DECODINGS = 4

/** Decodes what still can be decoded, several times over. Undefined when there is no end to it. */
function decodeFully(path: string): string | undefined {
  let text = path
  for (let round = 0; round < MAX_DECODINGS; round += 1) {
    const next = text.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    if (next === text) return hasControlCharacter(text) ? undefined : text
    text = next
  }
  return undefined
}
