/** Who asks, what is asked about, and what was granted. Plain readonly data. */

/** `user:NAME` or `group:NAME`: the only things a grant can name. */
export type Subject = `user:${string}` | `group:${string}`

/** An authenticated actor. `id` is stable and unique per person; groups come with it. */
export type Principal = {
  readonly id: string
  readonly displayName: string
  readonly initials: string
  /** CSS colour, distinct and stable per person. */
  readonly color: string
  readonly groups: readonly string[]
  /** False for the nameless visitors of `--auth open`. */
  readonly isAuthenticated: boolean
}

/** The access ladder. `comment` and `run` are reserved words between `read` and `edit`. */
export type Access = 'none' | 'read' | 'edit' | 'manage'

export type Grant = {
  readonly subject: Subject
  /** `none` denies, and beats every other grant; never the owner. */
  readonly access: 'none' | 'read' | 'edit'
  /** Milliseconds since the epoch; from then on the grant is worth nothing. */
  readonly expiresAt?: number | undefined
}

/** Somebody, and what the system that knows this person grants by itself (a guest link, a Hub's scope). */
export type Identified = { readonly principal: Principal; readonly granted?: Access | undefined }

/** A Jupyter server with its rooms. Its owner is set once and never changes. */
export type Resource = {
  readonly name: string
  readonly owner: Subject
  readonly viewers: readonly Grant[]
}

/** Everything a caller can try; each row of the decision table is one of these. */
export type Action =
  | 'page.open'
  | 'state.read'
  | 'server.start'
  | 'server.stop'
  | 'server.delete'
  | 'owner.change'
  | 'viewers.manage'
  | 'session.request'
  | 'room.join'
  | 'document.update'
  | 'document.save'
  | 'presence.send'
  | 'history.read'
  | 'files.read'
  | 'files.write'
  | 'kernels.use'
  | 'people.list'
  | 'people.manage'
  | 'audit.read'
  /** Figures, logs and profiles of the server itself. */
  | 'server.observe'
  /** A path that could mean one thing to us and another to Jupyter. */
  | 'request.malformed'
  /** What this server answers itself or nobody does; never passed on to Jupyter. */
  | 'request.unrouted'

/** `hide` is answered exactly as if the thing did not exist; `malformed` whoever asks. */
export type Decision = 'allow' | 'sign-in' | 'hide' | 'forbid' | 'owner-immutable' | 'malformed'
