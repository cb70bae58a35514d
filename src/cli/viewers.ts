import { ConfigError } from '../config/fault.ts'
import { closest } from '../config/suggest.ts'
import { ACCESS, type ViewerAnswer } from '../http/routes/viewer-schemas.ts'
import { type CommandArguments, readArguments } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { type Ask, resourcePath, withServer } from './manage.ts'
import { ACCESS_FLAGS } from './server-access.ts'
import { textTable } from './text-table.ts'

const VERBS = ['list', 'add', 'change', 'remove'] as const
type Verb = (typeof VERBS)[number]

const FOR_EVER = 'never'

/** What a person asked for; checked before the server is asked. */
type Order = {
  readonly verb: Verb
  readonly subject: string
  readonly access: string | undefined
  /** `null`: it lasts. */
  readonly expires: string | null | undefined
}

/** `outrigger viewers`: who else may come; seen, added, changed, removed while the server runs. */
export async function viewers(context: CommandContext): Promise<number> {
  const [first = '', ...rest] = context.args
  const hasVerb = first !== '' && !first.startsWith('-')
  const verb = hasVerb ? verbNamed(first) : 'list'
  const given = readArguments(hasVerb ? rest : context.args, {
    valued: [...ACCESS_FLAGS, 'access', 'expires', 'resource'],
    plain: ['json'],
    operand: 'SUBJECT',
  })
  const order = orderOf(verb, given)
  return await withServer(context, given, async (ask) => {
    const path = `${await resourcePath(ask, given.text('resource'))}/viewers`
    const shown = order.verb === 'list' ? await list(ask, path) : await carryOut(ask, path, order)
    tell(context, shown, { isJson: given.isSet('json'), order })
  })
}

async function carryOut(ask: Ask, path: string, order: Order): Promise<readonly ViewerAnswer[]> {
  const { verb, subject, access, expires } = order
  if (verb === 'add') {
    const body = { subject, access, ...(typeof expires === 'string' ? { expires } : {}) }
    return [asViewer(await ask('POST', path, body))]
  }
  const found = await findViewer(ask, path, subject)
  const place = `${path}/${encodeURIComponent(found.id)}`
  if (verb === 'remove') {
    await ask('DELETE', place)
    return [found]
  }
  return [asViewer(await ask('PATCH', place, { access, expires }))]
}

/** An added one comes before a declared one, of which the server says where it stands. */
async function findViewer(ask: Ask, path: string, subject: string): Promise<ViewerAnswer> {
  const all = await list(ask, path)
  const named = all.filter((viewer) => viewer.subject === subject)
  const found = named.find(({ origin }) => origin !== 'config') ?? named[0]
  if (found !== undefined) return found
  const subjects = all.map((viewer) => viewer.subject)
  const guess = closest(subject, subjects)
  const fix = guess === undefined ? '`outrigger viewers` lists them.' : `Did you mean ${guess}?`
  throw new ConfigError([{ key: subject, problem: 'is no viewer of this server', fix }])
}

async function list(ask: Ask, path: string): Promise<readonly ViewerAnswer[]> {
  const { viewers: all } = await ask('GET', path)
  return Array.isArray(all) ? (all as ViewerAnswer[]) : []
}

function tell(
  { print, note }: CommandContext,
  shown: readonly ViewerAnswer[],
  { isJson, order: { verb } }: { readonly isJson: boolean; readonly order: Order },
): void {
  const [only] = shown
  if (only?.warning !== undefined && verb === 'add') note(`Note: ${only.warning}`)
  if (isJson) {
    const json = verb === 'list' ? shown : only
    print(`${JSON.stringify(json, undefined, 2)}\n`)
    return
  }
  if (verb === 'remove' && only !== undefined) {
    print(`${only.subject} has no access by this any more.\n`)
    return
  }
  if (shown.length === 0) print('Nobody but the owner.\n')
  else print(textTable(['SUBJECT', 'ACCESS', 'EXPIRES', 'FROM'], shown.map(rowOf)))
}

function rowOf(viewer: ViewerAnswer): string[] {
  const { subject, access, expiresAt, expired, origin, declaredAt, addedBy, addedAt } = viewer
  const until = expiresAt === null ? FOR_EVER : `${minutesOf(expiresAt)}${expired ? ' (over)' : ''}`
  const added = `added by ${addedBy ?? '?'} ${minutesOf(addedAt ?? '')}`
  return [subject, access, until, origin === 'config' ? (declaredAt ?? origin) : added]
}

/** Of an ISO time, in UTC as it came. */
function minutesOf(iso: string): string {
  return iso.replace(/^(.*)T(\d\d:\d\d).*$/, '$1 $2Z')
}

function orderOf(verb: Verb, given: CommandArguments): Order {
  const { operand: subject } = given
  const [access, until] = [given.text('access'), given.text('expires')]
  if (verb === 'list') {
    if (subject !== undefined) throw misuse(subject, 'is too much', 'Write: outrigger viewers list')
    return { verb, subject: '', access, expires: undefined }
  }
  const example = `Write: outrigger viewers ${verb} user:NAME${verb === 'remove' ? '' : ' --access read --expires 2d'}`
  if (subject === undefined) throw misuse('SUBJECT', 'is missing', example)
  if (!/^(user|group):./.test(subject)) {
    throw misuse(subject, 'is neither a user nor a group', `Write user:${subject} or group:${subject}.`)
  }
  if (access !== undefined && !ACCESS.some((one) => one === access)) {
    throw misuse('--access', `"${access}" is not one of ${ACCESS.join(', ')}`, example)
  }
  if (verb === 'add' && access === undefined) throw misuse('--access', 'is missing', example)
  if (verb === 'change' && access === undefined && until === undefined) {
    throw misuse(subject, 'would stay as it is', example)
  }
  return { verb, subject, access, expires: until === FOR_EVER ? null : until }
}

function verbNamed(word: string): Verb {
  const verb = VERBS.find((one) => one === word)
  if (verb !== undefined) return verb
  const guess = closest(word, VERBS)
  const fix = guess === undefined ? `Known are ${VERBS.join(', ')}.` : `Did you mean ${guess}?`
  throw misuse(`viewers ${word}`, 'is not a command', fix)
}

function misuse(key: string, problem: string, fix: string): ConfigError {
  return new ConfigError([{ key, problem, fix }])
}

function asViewer(answer: Readonly<Record<string, unknown>>): ViewerAnswer {
  return answer as ViewerAnswer
}
