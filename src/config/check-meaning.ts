/** What the schema of a single key cannot see: rules between keys. */
import { checkPeople } from './check-people.ts'
import { checkSources } from './check-sources.ts'
import type { Fault, Origin } from './fault.ts'
import { isLoopback } from './loopback.ts'
import { type Config, type ConfigKey, KEYS } from './schema.ts'

/** Where a key (or a part of its value) came from. */
export type Locate = (key: ConfigKey, path?: readonly (string | number)[]) => Origin

export type Check = {
  /** The check is left out while one of these keys is wrong by itself. */
  readonly reads: readonly ConfigKey[]
  readonly find: (config: Config, locate: Locate) => readonly Fault[]
}

const SOURCE_KEYS: readonly ConfigKey[] = [
  'auth.mode',
  'auth.sources',
  'jupyter.url',
  ...[...KEYS.keys()].filter((key) => key.startsWith('jwt.') || key.startsWith('headers.')),
]

const CHECKS: readonly Check[] = [
  { reads: ['auth.mode', 'server.host', 'server.allowOpenOnNetwork'], find: checkOpenMode },
  {
    reads: ['auth.mode', 'auth.sources', 'users', 'groups', 'resource.owner', 'resource.viewers'],
    find: checkPeople,
  },
  { reads: SOURCE_KEYS, find: checkSources },
  { reads: ['jupyter.url'], find: checkJupyterUrl },
  { reads: ['jupyter.driver', 'jupyter.url'], find: checkOwnProcess },
  { reads: ['jupyter.url', 'jupyter.tokenFile'], find: checkTokenFileHasServer },
  { reads: ['jupyter.saveDelayMs', 'jupyter.saveMaxWaitMs'], find: checkSaveTimes },
]

export function checkMeaning(config: Config, locate: Locate, wrongKeys: ReadonlySet<ConfigKey>): Fault[] {
  return CHECKS.filter(({ reads }) => !reads.some((key) => wrongKeys.has(key))).flatMap(({ find }) =>
    find(config, locate),
  )
}

function checkOpenMode({ auth, server }: Config, locate: Locate): Fault[] {
  if (auth.mode !== 'open' || isLoopback(server.host) || server.allowOpenOnNetwork) return []
  return [
    {
      key: 'auth.mode',
      origin: locate('auth.mode'),
      problem: `"open" lets everybody who reaches ${server.host} edit and run code`,
      fix: 'Use server.host 127.0.0.1, or auth.mode config with users, or set server.allowOpenOnNetwork: true.',
    },
  ]
}

function checkJupyterUrl({ jupyter }: Config, locate: Locate): Fault[] {
  const text = jupyter.url
  if (text === undefined) return []
  const fault = { key: 'jupyter.url', origin: locate('jupyter.url') }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return [
      { ...fault, problem: 'is not an http or https URL', fix: 'Write it like http://127.0.0.1:8888/.' },
    ]
  }
  if (url.search === '' && url.hash === '' && url.username === '' && url.password === '') return []
  return [
    {
      ...fault,
      problem: 'holds more than the address (a query, a password or a fragment)',
      fix: `Write ${url.origin}${url.pathname} and give the token by jupyter.tokenFile or OUTRIGGER_JUPYTER_TOKEN.`,
    },
  ]
}

function checkOwnProcess({ jupyter }: Config, locate: Locate): Fault[] {
  if (jupyter.driver !== 'process' || jupyter.url === undefined) return []
  return [
    {
      key: 'jupyter.url',
      origin: locate('jupyter.url'),
      problem: 'is the address of a server that somebody else runs, and jupyter.driver is "process"',
      fix: 'Remove it, or set jupyter.driver: external.',
    },
  ]
}

function checkTokenFileHasServer({ jupyter }: Config, locate: Locate): Fault[] {
  if (jupyter.tokenFile === undefined || jupyter.url !== undefined) return []
  return [
    {
      key: 'jupyter.tokenFile',
      origin: locate('jupyter.tokenFile'),
      problem: 'is the token of no server: jupyter.url is not set',
      fix: 'Set jupyter.url (or --jupyter URL).',
    },
  ]
}

function checkSaveTimes({ jupyter }: Config, locate: Locate): Fault[] {
  if (jupyter.saveMaxWaitMs >= jupyter.saveDelayMs) return []
  return [
    {
      key: 'jupyter.saveMaxWaitMs',
      origin: locate('jupyter.saveMaxWaitMs'),
      problem: `${jupyter.saveMaxWaitMs} is less than jupyter.saveDelayMs (${jupyter.saveDelayMs})`,
      fix: 'Raise it to at least jupyter.saveDelayMs.',
    },
  ]
}
