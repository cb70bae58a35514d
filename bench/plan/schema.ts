/**
 * What a scenario's keys may hold, in the form of JSON Schema; for plan files and for flags.
 *
 * As in the server's configuration these are plain objects: TypeBox's builders would give the same
 * and take a quarter of a second to load.
 */
import { DOCUMENT_SHAPES, PROTOCOLS, TYPING_STYLES } from './scenario.ts'

/** Texts of keys with a unit are read as quantities; a bare number is in that unit. */
export type Unit = 's' | 'ms' | 'bytes'

export type Field = {
  readonly type?: 'integer' | 'number' | 'boolean' | 'string' | 'array' | 'object'
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly unit?: Unit
  /** What is wanted, after "is not". */
  readonly hint: string
  readonly properties?: Readonly<Record<string, Field>>
  readonly required?: readonly string[]
  readonly additionalProperties?: false
  readonly items?: Field
  readonly minItems?: number
}

const MOST = 1_000_000
const DAY_SECONDS = 86_400
const MOST_WORKERS = 64

const whole = (minimum: number, maximum = MOST): Field => ({
  type: 'integer',
  minimum,
  maximum,
  hint: `a whole number from ${minimum} to ${maximum}`,
})
const number = (minimum: number, maximum = MOST): Field => ({
  type: 'number',
  minimum,
  maximum,
  hint: `a number from ${minimum} to ${maximum}`,
})
const seconds = (minimum = 0): Field => ({
  type: 'number',
  minimum,
  maximum: DAY_SECONDS,
  unit: 's',
  hint: `a time${minimum > 0 ? ` of at least ${minimum * 1000}ms` : ''}, such as 30s, 500ms or 2m`,
})
const milliseconds: Field = {
  type: 'number',
  minimum: 0.001,
  maximum: DAY_SECONDS * 1000,
  unit: 'ms',
  hint: 'a time, such as 100ms or 1s',
}
const bytes: Field = {
  type: 'integer',
  minimum: 0,
  maximum: 10 ** 9,
  unit: 'bytes',
  hint: 'a size up to 1GB, such as 200KB or 1MB',
}
const choice = (choices: readonly string[]): Field => ({
  enum: choices,
  hint: `one of ${choices.join(', ')}`,
})
const yesOrNo: Field = { type: 'boolean', hint: 'true or false' }
const text: Field = { type: 'string', hint: 'a text' }
/** It becomes a part of room names, which Outrigger allows these characters in. */
const name: Field = {
  type: 'string',
  pattern: '^[A-Za-z0-9._~-]{1,40}$',
  hint: 'a name: 1 to 40 of A-Z a-z 0-9 . _ ~ -',
}
const map = (properties: Readonly<Record<string, Field>>, required: readonly string[] = []): Field => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
  hint: 'a map of keys to values',
})

export const DOCUMENT_FIELDS = {
  shape: choice(DOCUMENT_SHAPES),
  bytes,
  cells: whole(0, 100_000),
  storedAs: whole(0),
}

export const GROUP_FIELDS = {
  name,
  rooms: whole(1),
  clients: whole(1),
  writers: whole(0),
  rate: number(0, 100_000),
  typing: choice(TYPING_STYLES),
  document: map(DOCUMENT_FIELDS),
  cursorRate: number(0, 1000),
  cursorFollowsKeys: yesOrNo,
  renewSeconds: seconds(),
  arriveAfterSeconds: seconds(),
  arriveOverSeconds: seconds(),
  outputMessagesPerSecond: number(0, 100_000),
  outputBytesPerSecond: bytes,
  runEverySeconds: seconds(),
  sleepEverySeconds: seconds(),
  sleepForSeconds: seconds(),
  leaveEverySeconds: seconds(),
  stalled: whole(0),
}

export const RAMP_FIELDS = {
  p99Ms: milliseconds,
  from: number(0.001, 100_000),
  to: number(0.001, 100_000),
  factor: number(1.05, 10),
  refine: whole(0, 10),
  stepSeconds: seconds(0.5),
}

export const KILL_FIELDS = { after: choice(['start', 'last-delivery']), seconds: seconds() }

/** No credentials: they are flags, so that plan files can be shared. */
export const SCENARIO_FIELDS = {
  name,
  protocol: choice(PROTOCOLS),
  url: text,
  origin: text,
  seed: whole(0, 2 ** 31 - 1),
  roomPrefix: name,
  workers: whole(1, MOST_WORKERS),
  warmUpSeconds: seconds(),
  forSeconds: seconds(0.1),
  drainSeconds: seconds(),
  groups: { type: 'array', items: map(GROUP_FIELDS), minItems: 1, hint: 'a list of groups' } satisfies Field,
  ramp: map(RAMP_FIELDS),
  kill: map(KILL_FIELDS, ['after', 'seconds']),
  restartBeforeJoin: yesOrNo,
  dropAllAfterSeconds: seconds(),
}

export const PLAN_SCHEMA = map(SCENARIO_FIELDS)
