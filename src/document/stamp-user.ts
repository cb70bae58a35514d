import type { Principal } from '../access/model.ts'
import type { Dialect } from '../protocol/message.ts'

/**
 * Writes the authenticated person into an awareness state, so that nobody can wear another's name.
 *
 * JupyterLab reads the whole identity from `user`; other Yjs editors read `user.name` and choose
 * `user.color` themselves. Nameless visitors keep what they say.
 */
export function stampUser(stateJson: string, principal: Principal, dialect: Dialect): string {
  if (!principal.isAuthenticated) return stateJson
  const state = asRecord(JSON.parse(stateJson))
  const claimed = asRecord(state['user'])
  const user =
    dialect === 'jupyter'
      ? {
          ...claimed,
          username: principal.id,
          name: principal.displayName,
          display_name: principal.displayName,
          initials: principal.initials,
          color: principal.color,
        }
      : { ...claimed, id: principal.id, name: principal.displayName }
  return JSON.stringify({ ...state, user })
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
