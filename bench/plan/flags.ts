/** The flags of the load tool: one table for reading them, for checking them and for the help text. */
import {
  DOCUMENT_FIELDS,
  type Field,
  GROUP_FIELDS,
  KILL_FIELDS,
  RAMP_FIELDS,
  SCENARIO_FIELDS,
} from './schema.ts'

const TEXT: Field = { type: 'string', hint: 'a text' }
const PROCESS_ID: Field = { type: 'integer', minimum: 1, maximum: 2 ** 22, hint: 'the number of a process' }

export type Flag = {
  readonly name: string
  /** Undefined: it takes no value. */
  readonly placeholder?: string
  /** Taken when the flag stands alone. */
  readonly alone?: string
  readonly help: string
  readonly field?: Field
  /** Where its value goes in a scenario; `groups.0` is the first group. */
  readonly path?: string
}

const SERVER: readonly Flag[] = [
  {
    name: 'url',
    placeholder: 'URL',
    help: 'the server; {room} stands where the name of the room goes',
    field: TEXT,
    path: 'url',
  },
  {
    name: 'protocol',
    placeholder: 'NAME',
    help: 'y-websocket (default), jupyter or hocuspocus',
    field: SCENARIO_FIELDS.protocol,
    path: 'protocol',
  },
  {
    name: 'token',
    placeholder: 'TEXT',
    help: 'credentials, sent as the protocol has it',
    field: TEXT,
    path: 'token',
  },
  { name: 'cookie', placeholder: 'TEXT', help: 'a Cookie header', field: TEXT, path: 'cookie' },
  { name: 'origin', placeholder: 'URL', help: 'an Origin header', field: TEXT, path: 'origin' },
  {
    name: 'start',
    placeholder: 'COMMAND',
    help: 'starts the server of --url with this line for the shell, and ends it after the run',
    field: TEXT,
  },
  {
    name: 'pid',
    placeholder: 'NUMBER',
    help: 'the process of a running server, to measure it',
    field: PROCESS_ID,
  },
  { name: 'data', placeholder: 'FOLDER', help: "the server's data folder, to measure it", field: TEXT },
  { name: 'i-may-load-this-host', help: 'for a server on another machine' },
]

const LOAD: readonly Flag[] = [
  { name: 'profile', placeholder: 'NAME', help: 'a load that people meet; see below', field: TEXT },
  {
    name: 'plan',
    placeholder: 'FILE',
    help: 'a whole scenario in YAML; see config/bench-plan.yaml',
    field: TEXT,
  },
  group('rooms', 'NUMBER', 'rooms of the first group (default 1)', 'rooms'),
  group('clients', 'NUMBER', 'people in each room (default 2)', 'clients'),
  group('writers', 'NUMBER', 'how many of them write (default 1)', 'writers'),
  group('rate', 'KEYS', 'keys a second of each writer (default 5)', 'rate'),
  group('typing', 'STYLE', 'steady (default) or human: bursts, pauses, corrections', 'typing'),
  {
    name: 'document',
    placeholder: 'SHAPE',
    help: 'empty (default), text or notebook: what rooms hold before',
    field: DOCUMENT_FIELDS.shape,
    path: 'groups.0.document.shape',
  },
  {
    name: 'document-size',
    placeholder: 'SIZE',
    help: 'such as 200KB or 1MB',
    field: DOCUMENT_FIELDS.bytes,
    path: 'groups.0.document.bytes',
  },
  group('cursors', 'HZ', 'cursor moves a second of each client', 'cursorRate'),
  {
    name: 'cursors-follow-keys',
    help: "a writer's cursor is sent after each key, as JupyterLab does",
    path: 'groups.0.cursorFollowsKeys',
  },
  group('renew', 'TIME', 'presence is renewed this often; stock clients: 15s', 'renewSeconds'),
  scenario('seed', 'NUMBER', 'the same seed gives the same edits at the same times (default 1)', 'seed'),
  scenario('workers', 'NUMBER', 'processes that make the load (default 1)', 'workers'),
]

const TIMES: readonly Flag[] = [
  scenario('for', 'TIME', 'how long to measure: 500ms, 30s, 2m, 1h (default 10s)', 'forSeconds'),
  scenario('warm-up', 'TIME', 'load before that, not measured (default 2s)', 'warmUpSeconds'),
  scenario('drain', 'TIME', 'how long the last edits may take to arrive (default 15s)', 'drainSeconds'),
  {
    name: 'ramp',
    placeholder: 'TIME',
    alone: '100ms',
    help: 'raises the rate as long as p99 stays below this (default 100ms)',
    field: RAMP_FIELDS.p99Ms,
    path: 'ramp.p99Ms',
  },
  {
    name: 'ramp-from',
    placeholder: 'KEYS',
    help: 'keys a second of a writer to begin with (default 1)',
    field: RAMP_FIELDS.from,
    path: 'ramp.from',
  },
  {
    name: 'ramp-to',
    placeholder: 'KEYS',
    help: '... to end with (default 4096)',
    field: RAMP_FIELDS.to,
    path: 'ramp.to',
  },
  {
    name: 'kill-after',
    placeholder: 'TIME',
    help: 'kills the server with -9, starts it again, and looks what is lost',
    field: KILL_FIELDS.seconds,
    path: 'kill.seconds',
  },
]

const OUTPUT: readonly Flag[] = [
  {
    name: 'json',
    placeholder: 'FILE',
    alone: '-',
    help: 'the result for machines; without FILE on stdout',
    field: TEXT,
  },
  { name: 'html', placeholder: 'FILE', help: 'one page with plots', field: TEXT },
  { name: 'quiet', help: 'no progress' },
]

export const FLAG_GROUPS: readonly { readonly title: string; readonly flags: readonly Flag[] }[] = [
  { title: 'The server', flags: SERVER },
  { title: 'The load', flags: LOAD },
  { title: 'Times and searches', flags: TIMES },
  { title: 'What comes out', flags: OUTPUT },
]

export const FLAGS: readonly Flag[] = FLAG_GROUPS.flatMap(({ flags }) => flags)

function group(name: string, placeholder: string, help: string, key: keyof typeof GROUP_FIELDS): Flag {
  return { name, placeholder, help, field: GROUP_FIELDS[key], path: `groups.0.${key}` }
}

function scenario(name: string, placeholder: string, help: string, key: keyof typeof SCENARIO_FIELDS): Flag {
  return { name, placeholder, help, field: SCENARIO_FIELDS[key], path: key }
}
