/**
 * The one place that says what can be configured: every key with its unit, default, limits and
 * meaning. Types, checks, `config/default.yaml`, environment variables and `outrigger config` all
 * come from it.
 */
import { AWARENESS, LIMITS, ROOMS } from './schema-limits.ts'
import { type KeyFacts, type Values, bytes, choice, count, milliseconds, yesOrNo } from './schema-parts.ts'
import { AUDIT, GROUPS, RESOURCE, USERS } from './schema-people.ts'
import { AUTH_SOURCES, HEADERS, JWT } from './schema-sources.ts'

const SERVER = {
  host: {
    type: 'string',
    pattern: '^[A-Za-z0-9.:_-]{1,255}$',
    hint: 'a host name or an IP address',
    default: '127.0.0.1',
    description: 'Address to listen on. 0.0.0.0 or :: opens it to the network.',
  },
  port: {
    type: 'integer',
    minimum: 0,
    maximum: 65_535,
    default: 8890,
    description: 'Port to listen on; 0 takes any free one.',
  },
  allowedOrigins: {
    type: 'array',
    default: [],
    maxItems: 100,
    description: 'Other web sites whose pages may connect, e.g. https://app.example.org.',
    hint: 'a list of origins',
    items: {
      type: 'string',
      pattern: '^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$|^https?://\\[[0-9A-Fa-f:.]+\\](:[0-9]{1,5})?$',
      hint: 'an origin such as https://app.example.org: scheme, host and port, no path and no *',
    },
  },
  allowOpenOnNetwork: yesOrNo(
    false,
    'Allows auth.mode "open" on a network address: whoever reaches the port may edit and run code.',
  ),
  drainMs: milliseconds(10_000, 'Stopping must be over within this time.', 100),
} as const

const DATA = {
  dir: {
    type: 'string',
    minLength: 1,
    hint: 'a folder',
    default: './data',
    description: 'Folder of the documents; relative to the folder the command runs in.',
  },
  fsync: choice(
    ['always', 'everysec', 'never'],
    'always',
    'When an edit is forced to the disk. "everysec" may lose a second in a power cut; no mode loses anything in a crash.',
  ),
  minFreeBytes: bytes(
    256 * 1024 * 1024,
    'With less space on the disk, documents that do not exist yet are refused; 0 never does.',
    0,
  ),
} as const

const LOG = {
  level: choice(['debug', 'info', 'warn', 'error'], 'info', 'How much is logged.'),
  format: choice(['auto', 'pretty', 'json'], 'auto', '"auto" is pretty on a terminal and JSON elsewhere.'),
}

const AUTH = {
  mode: choice(
    ['open', 'config'],
    'config',
    '"config": by the sources below. "open": no sign-in, everybody may do everything.',
  ),
  ...AUTH_SOURCES,
  sessionMs: milliseconds(1_209_600_000, 'A browser stays signed in this long (14 days).', 60_000),
  defaultViewerAccess: choice(
    ['edit', 'read'],
    'edit',
    'What a viewer without "access" may do: edit (and run), or only read.',
  ),
}

const JUPYTER = {
  driver: choice(
    ['external', 'process'],
    'external',
    'Who runs it. "external": somebody else, at jupyter.url. "process": Outrigger, which starts, stops and restarts it.',
  ),
  url: {
    type: 'string',
    minLength: 1,
    hint: 'the base URL of a Jupyter server such as http://127.0.0.1:8888/',
    description: 'Jupyter server to stand in front of; without it only plain rooms are served.',
    example: 'http://127.0.0.1:8888/',
  },
  tokenFile: {
    type: 'string',
    minLength: 1,
    hint: 'a file',
    description: 'File that holds the token of that Jupyter server, and nothing else.',
    example: './jupyter-token',
  },
  token: {
    type: 'string',
    pattern: '^[!-~]+$',
    secret: true,
    hint: 'a token without spaces',
    description:
      'The token itself. Only by the environment variable OUTRIGGER_JUPYTER_TOKEN, never in a file.',
  },
  command: {
    type: 'array',
    default: ['jupyter'],
    minItems: 1,
    maxItems: 20,
    hint: 'a list of words',
    description: 'With driver "process": the command that is followed by "lab" and our flags.',
    items: { type: 'string', minLength: 1, hint: 'a word' },
  },
  root: {
    type: 'string',
    minLength: 1,
    hint: 'a folder',
    default: '.',
    description: 'With driver "process": the folder whose files it serves.',
  },
  stopSaveMs: milliseconds(
    15_000,
    'With driver "process": before it is stopped, open documents are saved, for this long at most.',
  ),
  healthMs: milliseconds(5_000, 'With driver "external": how often it is asked whether it is there.', 100),
  maxMissedChecks: count(
    2,
    'With driver "external": it counts as away after so many questions in a row without an answer.',
  ),
  connectTimeoutMs: milliseconds(5_000, 'The Jupyter server must take a connection within this time.', 100),
  timeoutMs: milliseconds(30_000, 'It must have answered a read or a save of ours within this time.', 100),
  proxiedTimeoutMs: milliseconds(
    300_000,
    'Its answer to a request of a browser must begin within this time; starting a kernel can be slow.',
    1_000,
  ),
  pollMs: milliseconds(1_000, 'How often the files that are open are compared with the disk.', 100),
  saveDelayMs: milliseconds(1_000, 'A file is saved this long after the last change.'),
  saveMaxWaitMs: milliseconds(10_000, 'A file is saved at the latest this long after the first change.'),
} as const

function section<const Keys extends Readonly<Record<string, KeyFacts>>>(description: string, keys: Keys) {
  return { description, keys }
}

export const SECTIONS = {
  server: section('Where it listens.', SERVER),
  data: section('Where documents are kept.', DATA),
  log: section('What it reports.', LOG),
  auth: section('How people sign in.', AUTH),
  jwt: section('Tokens of a platform (JSON Web Tokens), for the source "jwt".', JWT),
  headers: section('What a trusted proxy says, for the source "headers".', HEADERS),
  resource: section('Who owns this server, and who else may come.', RESOURCE),
  audit: section('The trail of who came, who was turned away, and who changed what.', AUDIT),
  jupyter: section('The Jupyter server behind it.', JUPYTER),
  rooms: section('The life of a room.', ROOMS),
  awareness: section('Cursors and names.', AWARENESS),
  limits: section('What one client may cost.', LIMITS),
}

/** Keys that stand alone, with a whole list or map as their value. */
export const LISTS = { users: USERS, groups: GROUPS }

type Sections = typeof SECTIONS

export type ConfigKey =
  | { [Name in keyof Sections]: `${Name}.${keyof Sections[Name]['keys'] & string}` }[keyof Sections]
  | keyof typeof LISTS

/** The effective configuration. Frozen; parts of the program receive the values they need. */
export type Config = { readonly [Name in keyof Sections]: Values<Sections[Name]['keys']> } & Values<
  typeof LISTS
>

export type UserEntry = Config['users'][number]
export type ViewerEntry = Config['resource']['viewers'][number]

/** A key's schema, seen without its type. */
export type KeySchema = KeyFacts & Readonly<Record<string, unknown>>

export const KEYS: ReadonlyMap<ConfigKey, KeySchema> = new Map([
  ...Object.entries(SECTIONS).flatMap(([name, { keys }]) =>
    Object.entries<KeySchema>(keys).map(([key, schema]) => [`${name}.${key}` as ConfigKey, schema] as const),
  ),
  ...Object.entries<KeySchema>(LISTS).map(([key, schema]) => [key as ConfigKey, schema] as const),
])
