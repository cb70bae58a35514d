/** What `resources/{name}/state` and its neighbors take and answer, as JSON Schema. */
import type { XStatic } from 'typebox/schema'

const STATE = {
  type: 'object',
  description: 'The running state of a Jupyter server.',
  required: ['name', 'driver', 'phase', 'since', 'sentence', 'whoMay', 'mayStart', 'mayStop'],
  properties: {
    name: { type: 'string' },
    driver: {
      enum: ['process', 'external'],
      description: 'Who runs it: Outrigger, or somebody else.',
    },
    phase: { enum: ['stopped', 'starting', 'running', 'stopping', 'crashed', 'unreachable'] },
    since: { type: 'string', description: 'Since when; ISO 8601.' },
    sentence: { type: 'string', description: 'The phase, as a person reads it.' },
    detail: { type: 'string', description: 'Why it is so.' },
    progress: {
      type: 'object',
      required: ['sentence'],
      properties: { sentence: { type: 'string' }, percent: { type: 'number' } },
    },
    whoMay: { type: 'string', description: 'Who may start and stop it, in one sentence.' },
    mayStart: { type: 'boolean', description: 'Whether the caller may start it.' },
    mayStop: { type: 'boolean', description: 'Whether the caller may stop it.' },
  },
} as const

const LOG = {
  type: 'object',
  required: ['lines'],
  properties: {
    lines: { type: 'array', items: { type: 'string' }, description: 'Oldest first, without its token.' },
  },
} as const

const PARAMS = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', description: 'The name of the resource.' } },
} as const

const LOG_QUERY = {
  type: 'object',
  properties: { lines: { type: 'integer', minimum: 1, maximum: 1000, default: 200 } },
} as const

export type StateAnswer = XStatic<typeof STATE>
export type LogAnswer = XStatic<typeof LOG>
export type LogQuery = { readonly lines: number }
export type ResourceParams = XStatic<typeof PARAMS>

export const STATE_SCHEMA = { summary: 'The running state', params: PARAMS, response: { 200: STATE } }
export const START_SCHEMA = { summary: 'Start the server', params: PARAMS, response: { 202: STATE } }
export const STOP_SCHEMA = {
  summary: 'Save what is open, tell those inside, and stop the server',
  params: PARAMS,
  response: { 202: STATE },
}
export const LOG_SCHEMA = {
  summary: 'The last lines of the log of the server',
  params: PARAMS,
  querystring: LOG_QUERY,
  response: { 200: LOG },
}
