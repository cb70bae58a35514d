import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Access } from '../../src/access/model.ts'
import type { CloseReason } from '../../src/protocol/close-reason.ts'
import { Guest } from '../../src/websocket/guest.ts'

function fixture(): {
  readonly guest: Guest<{ attach(): void; close(reason: CloseReason): void }>
  readonly session: { changeAccess(access: Access): void } & Parameters<Guest['enter']>[0]
  readonly log: string[]
} {
  const log: string[] = []
  const connection = {
    attach: () => void log.push('attach'),
    close: (reason: CloseReason) => void log.push(`close ${reason}`),
  }
  const guest = new Guest(connection, { access: 'edit', onEnded: () => log.push('told') })
  const session = {
    isSynced: false,
    receive: () => {},
    drained: () => {},
    leave: () => {},
    changeAccess: (access: Access) => void log.push(access),
  }
  return { guest, session, log }
}

test('[ACCESS-40] what changed while the room was loading holds before the first frame is handed over', () => {
  const { guest, session, log } = fixture()
  guest.accessChanged('read')
  guest.enter(session)
  assert.deepEqual(log, ['read', 'attach'])
})

test('[ACCESS-41] one that ended while the room was loading enters with nothing', () => {
  const { guest, session, log } = fixture()
  guest.ended()
  guest.enter(session)
  guest.close('access_revoked')
  assert.deepEqual(log, ['told', 'none', 'attach', 'close access_revoked'])
})

test('[ACCESS-42] changes are passed on to the session, and an end is told once', () => {
  const { guest, session, log } = fixture()
  guest.enter(session)
  guest.accessChanged('read')
  guest.accessChanged('edit')
  guest.ended()
  guest.ended()
  guest.close('session_expired')
  assert.deepEqual(log, ['edit', 'attach', 'read', 'edit', 'none', 'told', 'none', 'close session_expired'])
  assert.equal(guest.access, 'none')
})
