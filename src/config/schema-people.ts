import { NAME_HINT, NAME_PATTERN, count, milliseconds, yesOrNo } from './schema-parts.ts'

const NAME = { type: 'string', pattern: `^${NAME_PATTERN}$`, hint: NAME_HINT } as const

/** `comment` and `run` will stand between `read` and `edit`; until then they are refused by name. */
export const RESERVED_ACCESS = ['comment', 'run'] as const

export const USERS = {
  type: 'array',
  default: [],
  description: 'Who may sign in. Make a token with: outrigger token --user NAME',
  example: '- name: ada\n  displayName: Ada L.\n  tokens: ["sha256:<64 hex digits>"]',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'tokens'],
    properties: {
      name: NAME,
      displayName: { type: 'string', minLength: 1, maxLength: 80, hint: '1 to 80 characters' },
      initials: { type: 'string', minLength: 1, maxLength: 4, hint: '1 to 4 characters' },
      color: {
        type: 'string',
        pattern: '^(#[0-9A-Fa-f]{6}|[a-z]{3,30})$',
        hint: 'a CSS color such as "#1f77b4" (with the quotes) or teal',
      },
      tokens: {
        type: 'array',
        maxItems: 20,
        secret: true,
        items: {
          type: 'string',
          pattern: '^sha256:[0-9a-f]{64}$',
          secret: true,
          hint: 'the line "sha256:<64 hex digits>" that `outrigger token --user NAME` prints',
        },
        hint: 'a list of sha256:… lines',
      },
    },
  },
} as const

export const GROUPS = {
  type: 'object',
  default: {},
  description: 'Named sets of users, for the owner and the viewers below.',
  example: 'lab: [ada, grace]',
  additionalProperties: false,
  patternProperties: { [`^${NAME_PATTERN}$`]: { type: 'array', items: NAME, hint: 'a list of user names' } },
  hint: 'a map of group names to lists of user names',
  nameHint: NAME_HINT,
} as const

const DAY_MS = 86_400_000

export const AUDIT = {
  enabled: yesOrNo(true, 'Whether it is kept; what there is already can be read all the same.'),
  keepMs: milliseconds(90 * DAY_MS, 'Events older than this are forgotten (90 days).', 60_000, 3650 * DAY_MS),
  maxEvents: count(200_000, 'Events kept at most; the oldest go first.'),
}

export const RESOURCE = {
  name: {
    type: 'string',
    pattern: `^${NAME_PATTERN}$`,
    hint: NAME_HINT,
    default: 'jupyter',
    description: 'How this server is called on its pages.',
  },
  owner: {
    type: 'string',
    pattern: `^(user|group):${NAME_PATTERN}$`,
    hint: '"user:NAME" or "group:NAME"',
    description: 'Who owns it: user:NAME or group:NAME. Members of an owning group are owners.',
    example: 'group:lab',
  },
  viewers: {
    type: 'array',
    default: [],
    description:
      'Who else may come: "user" or "group", and "access": edit (type and run), read (look only), or none (kept out, whatever else says); "expires": until when.',
    example: '- user: lin\n  access: read',
    items: {
      type: 'object',
      additionalProperties: false,
      required: [],
      properties: {
        user: NAME,
        group: NAME,
        access: { enum: ['none', 'read', 'edit'], reserved: RESERVED_ACCESS },
        expires: {
          type: 'string',
          pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?(Z|[+-]\\d{2}:\\d{2}))?$',
          hint: 'a day such as 2027-01-31 (over when it begins, UTC), or a time such as 2027-01-31T18:00Z',
        },
      },
    },
  },
} as const
