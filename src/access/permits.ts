import type { ClientMessage } from '../protocol/message.ts'
import type { Access } from './model.ts'

/**
 * What becomes of one message of one session. Deny by default: whatever is not named is refused.
 *
 * - `apply`: do it.
 * - `ignore`: drop it silently, the client did nothing wrong.
 * - `read-only`: do not apply it, and tell the sender that it may not write.
 * - `refuse`: close the sender.
 *
 * A stock client answers our step 1 with a step 2 as soon as it joins, also when it has nothing to
 * say; for a reader that is `read-only`, and the session ignores it when it adds nothing.
 */
export type Verdict = 'apply' | 'ignore' | 'read-only' | 'refuse'

/** Whether what this access lets somebody type is applied. */
export function mayWrite(access: Access): boolean {
  return access === 'edit' || access === 'manage'
}

export function permits(access: Access, message: ClientMessage): Verdict {
  if (access === 'none') return 'refuse'
  switch (message.kind) {
    case 'syncStep1':
    case 'awareness':
    case 'queryAwareness':
      return 'apply'
    case 'syncStep2':
    case 'update':
      return mayWrite(access) ? 'apply' : 'read-only'
    case 'save':
      // A reader's save is still answered (with `failed`): the stock client waits for ever otherwise.
      return 'apply'
    case 'unknown':
      return 'refuse'
  }
}
