import type { Grant, Resource, Subject } from '../access/model.ts'
import type { Config } from './schema.ts'

/** The configured resource with its grants; undefined without an owner, as in open mode. */
export function resourceOf(config: Config): Resource | undefined {
  const { name, owner, viewers } = config.resource
  if (config.auth.mode === 'open' || owner === undefined) return undefined
  const grants = viewers.map(({ user, group, access }): Grant => {
    const subject: Subject = user === undefined ? `group:${group ?? ''}` : `user:${user}`
    return { subject, access: access ?? config.auth.defaultViewerAccess }
  })
  return { name, owner: owner as Subject, viewers: grants }
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
    ...resource.viewers.map(({ subject, access }) =>
      access === 'edit' ? `${subject}: viewer, may edit and run` : `${subject}: viewer, may only read`,
    ),
    ...byJupyter,
  ]
}
