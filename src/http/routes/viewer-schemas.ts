/** What the routes of resources and their viewers take and answer, as JSON Schema. */
import type { XStatic } from 'typebox/schema'

export const ACCESS = ['none', 'read', 'edit'] as const

const SUBJECT = {
  type: 'string',
  // Names come from many systems: anything visible that does not begin or end with a blank.
  pattern:
    '^(user|group):[^\\s\\u0000-\\u001f\\u007f]([^\\u0000-\\u001f\\u007f]{0,198}[^\\s\\u0000-\\u001f\\u007f])?$',
  description: '"user:NAME" or "group:NAME"',
} as const

const EXPIRES = {
  type: 'string',
  minLength: 2,
  maxLength: 40,
  description: 'a time from now such as "30m", "12h" or "2d", or a date such as "2027-01-31T18:00:00Z"',
} as const

export const RESOURCE_PARAMS = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', description: 'the name of a resource' } },
} as const

export const VIEWER_PARAMS = {
  type: 'object',
  required: ['name', 'id'],
  properties: {
    name: RESOURCE_PARAMS.properties.name,
    id: { type: 'string', description: 'the id of a viewer' },
  },
} as const

export const USER_QUERY = {
  type: 'object',
  required: ['user'],
  additionalProperties: false,
  properties: { user: { type: 'string', minLength: 1, maxLength: 200, description: 'the name of a user' } },
} as const

export const NEW_VIEWER = {
  type: 'object',
  required: ['subject', 'access'],
  additionalProperties: false,
  properties: { subject: SUBJECT, access: { enum: ACCESS }, expires: EXPIRES },
} as const

export const VIEWER_CHANGE = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  description: 'an object with "access" or "expires" or both',
  properties: {
    access: { enum: ACCESS },
    expires: {
      ...EXPIRES,
      type: ['string', 'null'],
      description: `${EXPIRES.description}, or null for ever`,
    },
  },
} as const

export const VIEWER = {
  type: 'object',
  description: 'Somebody, or a group, that was given access.',
  required: ['id', 'subject', 'access', 'expiresAt', 'expired', 'origin'],
  additionalProperties: false,
  properties: {
    id: { type: 'string' },
    subject: { type: 'string' },
    access: { enum: ACCESS, description: '"none" denies, whatever else was given.' },
    expiresAt: { type: ['string', 'null'], description: 'ISO 8601; null: never.' },
    expired: { type: 'boolean', description: 'Over: it gives nothing any more.' },
    origin: { enum: ['config', 'api', 'link'], description: '"config": only the configuration changes it.' },
    declaredAt: { type: 'string', description: 'Where in the configuration.' },
    addedBy: { type: 'string' },
    addedAt: { type: 'string', description: 'ISO 8601.' },
    via: { type: 'string' },
    warning: { type: 'string', description: 'What may be wrong with it, in the answer to adding it.' },
  },
} as const

const REASON = {
  type: 'object',
  required: ['origin', 'subject', 'access'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', description: 'The viewer; absent for the owner.' },
    origin: { enum: ['owner', 'config', 'api', 'link'] },
    subject: { type: 'string' },
    access: { enum: [...ACCESS, 'manage'] },
    group: { type: 'string', description: 'The group by which it is given.' },
    expiresAt: { type: ['string', 'null'] },
  },
} as const

const REASONS = {
  type: 'array',
  items: REASON,
  description: 'What gives it; a "none" beats the others.',
} as const

export const USER_ACCESS = {
  type: 'object',
  required: ['user', 'access', 'because'],
  additionalProperties: false,
  properties: { user: { type: 'string' }, access: { enum: [...ACCESS, 'manage'] }, because: REASONS },
} as const

export const VIEWERS = {
  type: 'object',
  required: ['viewers'],
  additionalProperties: false,
  properties: { viewers: { type: 'array', items: VIEWER } },
} as const

const MAY = ['start', 'stop', 'delete', 'viewers', 'audit'] as const

export const RESOURCE = {
  type: 'object',
  description: 'A Jupyter server with its rooms.',
  required: ['name', 'url', 'owner', 'access', 'because', 'may', 'state'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    url: { type: 'string', description: 'Relative to this address; it stays.' },
    owner: { type: ['string', 'null'], description: '"user:NAME" or "group:NAME"; null: nobody signs in.' },
    access: { enum: ['read', 'edit', 'manage'], description: 'What the caller may do.' },
    because: { ...REASONS, description: 'What gives it to the caller; a "none" beats the others.' },
    may: {
      type: 'object',
      required: MAY,
      additionalProperties: false,
      properties: {
        start: { type: 'boolean' },
        stop: { type: 'boolean' },
        delete: { type: 'boolean' },
        viewers: { type: 'boolean' },
        audit: { type: 'boolean' },
      },
    },
    state: {
      enum: ['none', 'stopped', 'starting', 'running', 'stopping', 'crashed', 'unreachable'],
      description: '"none": there is no Jupyter server here, only rooms.',
    },
    viewers: { type: 'array', items: VIEWER, description: 'For managers.' },
  },
} as const

export const RESOURCES = {
  type: 'object',
  required: ['resources'],
  additionalProperties: false,
  properties: { resources: { type: 'array', items: RESOURCE } },
} as const

export type ViewerAnswer = XStatic<typeof VIEWER>
export type ReasonAnswer = XStatic<typeof REASON>
export type ResourceAnswer = XStatic<typeof RESOURCE>
export type ResourceState = ResourceAnswer['state']
