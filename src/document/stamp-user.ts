import type { Principal } from '../access/model.ts'
import type { Dialect } from '../protocol/message.ts'

type State = Readonly<Record<string, unknown>>

/**
 * Writes the authenticated person into an awareness state, so that nobody can wear another's name.
 *
 * JupyterLab reads the whole identity from `user`; other Yjs editors read `user.name` and choose
 * `user.color` themselves. Nameless visitors keep what they say: then it is `state` that is returned.
 */
export function stampUser(state: State, principal: Principal, dialect: Dialect): State {
  if (!principal.isAuthenticated) return state
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
  return { ...state, user }
}

function asRecord(value: unknown): State {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as State) : {}
}
