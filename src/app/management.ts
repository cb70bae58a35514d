/** What managers of the resource change while it runs, and the routes by which they do. */
import type { FastifyPluginAsync } from 'fastify'
import type { AuditLog } from '../access/audit.ts'
import type { Locate } from '../config/check-meaning.ts'
import { ConfigError, type Origin, formatOrigin } from '../config/fault.ts'
import type { Config } from '../config/schema.ts'
import { resourceRoutes } from '../http/routes/resources.ts'
import type { ResourceState } from '../http/routes/viewer-schemas.ts'
import { viewerRoutes } from '../http/routes/viewers.ts'
import { GrantBook } from '../identity/grant-book.ts'
import { LevelGrantStore } from '../store/grants.ts'
import type { LevelDatabase } from '../store/level-database.ts'
import { fixOwner } from '../store/resource-owners.ts'
import type { People } from './people.ts'

export type GrantsDeps = {
  readonly config: Config
  readonly people: People
  readonly database: LevelDatabase
  readonly audit: AuditLog
  readonly locate?: Locate | undefined
}

/**
 * What was granted before counts from now on. Undefined in open mode. Throws `ConfigError` when the
 * configuration names another owner than at the first start.
 */
export async function openGrants(deps: GrantsDeps): Promise<GrantBook | undefined> {
  const { config, people, database, audit, locate } = deps
  if (people.resource === undefined) return undefined
  const { name, owner } = people.resource.current
  const hasOwner = config.resource.owner !== undefined
  const fixed = hasOwner ? await fixOwner(database, { name, owner }) : owner
  if (fixed !== owner) {
    const problem = `is ${owner}, but "${name}" belongs to ${fixed} since its first start, and an owner never changes`
    const fix = `Set it back to ${fixed}. For another server choose another resource.name, or another folder with data.dir.`
    throw new ConfigError([{ key: 'resource.owner', origin: locate?.('resource.owner'), problem, fix }])
  }
  const store = new LevelGrantStore(database)
  return GrantBook.load({ live: people.resource, store, audit, maxGrants: config.limits.maxGrants })
}

export type ManagementDeps = {
  readonly config: Config
  readonly baseUrl: string
  readonly people: People
  readonly grants: GrantBook | undefined
  readonly resourceState: () => Promise<ResourceState>
  readonly locate?: Locate | undefined
}

export function managementRoutes(deps: ManagementDeps): readonly FastifyPluginAsync[] {
  const { config, baseUrl, people, grants, resourceState: state, locate } = deps
  const resource = {
    gate: people.gate,
    name: config.resource.name,
    baseUrl,
    book: grants,
    declaredAt: placeOf(locate?.('resource.owner')),
    state,
  }
  // Other sources know people that are in no list here.
  const isListComplete = config.auth.sources.every((source) => source === 'users')
  const knownNames = () =>
    isListComplete
      ? {
          users: config.users.map(({ name }) => name),
          groups: Object.keys(people.resource?.declared.groups ?? {}),
        }
      : undefined
  return [resourceRoutes(resource), viewerRoutes({ ...resource, knownNames })]
}

/** Of the configuration; in open mode there is nothing to point at. */
function placeOf(origin: Origin | undefined): string {
  return origin === undefined || origin.kind === 'default' ? 'the configuration' : formatOrigin(origin)
}
