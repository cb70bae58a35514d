import { mkdir, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { EnvironmentError } from '../config/fault.ts'
import type { Layer } from '../config/layer.ts'
import { suppliedLayer } from '../config/load.ts'
import { NAME_PATTERN } from '../config/schema-parts.ts'
import { writePrivateFile } from '../lib/write-private-file.ts'
import { hashToken, newToken } from './token.ts'

type Person = { readonly name: string; readonly token: string }
/** The two people of `outrigger up`. */
export type UpPeople = { readonly owner: Person; readonly viewer: Person }

const VIEWER_NAME = 'guest'

/** People with fresh tokens; the owner is called like the user of this machine. */
export function newPeople(): UpPeople {
  return { owner: { name: ownName(), token: newToken() }, viewer: { name: VIEWER_NAME, token: newToken() } }
}

/** The same people as last time, so that the printed addresses survive a restart. */
export async function keptPeople(dataDir: string): Promise<UpPeople> {
  const known = await readPeople(dataDir)
  if (known !== undefined) return known
  const people = newPeople()
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await writePrivateFile(fileIn(dataDir), `${JSON.stringify(people, undefined, 2)}\n`)
  return people
}

/** Undefined before the first `outrigger up` in this folder. */
export async function readPeople(dataDir: string): Promise<UpPeople | undefined> {
  const file = fileIn(dataDir)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : parsePeople(text, file)
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'up.json')
}

/** What `up` brings to the configuration: two users, one owns, the other may edit. */
export function peopleLayer({ owner, viewer }: UpPeople): Layer {
  return suppliedLayer('outrigger up', {
    users: [
      { name: owner.name, displayName: owner.name, tokens: [hashToken(owner.token)] },
      { name: viewer.name, displayName: 'Guest', tokens: [hashToken(viewer.token)] },
    ],
    'resource.owner': `user:${owner.name}`,
    'resource.viewers': [{ user: viewer.name }],
  })
}

function parsePeople(text: string, file: string): UpPeople {
  try {
    const people: unknown = JSON.parse(text)
    if (isPeople(people)) return people
  } catch {
    // Told below, together with a file of the wrong shape.
  }
  const fix = 'Delete it; new addresses are made at the next start.'
  throw new EnvironmentError({ key: 'data.dir', problem: `the file ${file} is damaged`, fix })
}

function isPeople(value: unknown): value is UpPeople {
  if (typeof value !== 'object' || value === null) return false
  const { owner, viewer } = value as Partial<Record<keyof UpPeople, unknown>>
  return isPerson(owner) && isPerson(viewer) && owner.name !== viewer.name
}

function isPerson(value: unknown): value is Person {
  if (typeof value !== 'object' || value === null) return false
  const { name, token } = value as Partial<Record<keyof Person, unknown>>
  return typeof name === 'string' && isName(name) && typeof token === 'string' && token.length >= 32
}

function ownName(): string {
  const name = systemName().replaceAll(/[^A-Za-z0-9._@-]/g, '-')
  return isName(name) && name !== VIEWER_NAME ? name : 'owner'
}

function systemName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run under a number that has no name.
    return 'owner'
  }
}

function isName(text: string): boolean {
  return new RegExp(`^${NAME_PATTERN}$`).test(text)
}
