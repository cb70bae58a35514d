import type { Grant, Resource, Subject } from '../access/model.ts'
import type { Config } from './schema.ts'

/** The configured resource with its grants; undefined without an owner, as in open mode. */
export function resourceOf(config: Config): Resource | undefined {
  const { name, owner, viewers } = config.resource
  if (config.auth.mode === 'open' || owner === undefined) return undefined
  const grants = viewers.map(({ user, group, access, expires }): Grant => {
    const subject: Subject = user === undefined ? `group:${group ?? ''}` : `user:${user}`
    const terms = { subject, access: access ?? config.auth.defaultViewerAccess }
    return expires === undefined ? terms : { ...terms, expiresAt: Date.parse(expires) }
  })
  return { name, owner: owner as Subject, viewers: grants }
}

const MEANING: Record<Grant['access'], string> = {
  none: 'kept out',
  read: 'viewer, may only read',
  edit: 'viewer, may edit and run',
}

/** One line per grant, saying what it means, for the start-up banner. */
export function grantLines(config: Config): string[] {
  const { auth } = config
  const byJupyter = auth.sources.includes('jupyter')
    ? ["whom Jupyter lets in: what Jupyter's own permissions allow"]
    : []
  const resource = resourceOf(config)
  if (resource === undefined && auth.mode === 'config') return byJupyter
  if (resource === undefined) return ['everybody: may edit, run and manage (auth.mode is open)']
  return [
    `${resource.owner}: owner, may do everything`,
    ...resource.viewers.map(({ subject, access, expiresAt }) => {
      const until = expiresAt === undefined ? '' : `, until ${new Date(expiresAt).toISOString()}`
      return `${subject}: ${MEANING[access]}${until}`
    }),
    ...byJupyter,
  ]
}
