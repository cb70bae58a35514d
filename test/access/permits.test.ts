import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Access } from '../../src/access/model.ts'
import { type Verdict, permits } from '../../src/access/permits.ts'
import type { ClientMessage } from '../../src/protocol/message.ts'

const BYTES = new Uint8Array([0, 0])

const MESSAGES: { readonly [Kind in ClientMessage['kind']]: Extract<ClientMessage, { kind: Kind }> } = {
  syncStep1: { kind: 'syncStep1', stateVector: BYTES },
  syncStep2: { kind: 'syncStep2', update: BYTES },
  update: { kind: 'update', update: BYTES },
  awareness: { kind: 'awareness', entries: [] },
  queryAwareness: { kind: 'queryAwareness' },
  save: { kind: 'save', saveId: 1 },
  unknown: { kind: 'unknown', type: 77 },
}

/** A missing row or cell does not compile. */
const TABLE: Record<ClientMessage['kind'], Record<Access, Verdict>> = {
  syncStep1: { none: 'refuse', read: 'apply', edit: 'apply', manage: 'apply' },
  syncStep2: { none: 'refuse', read: 'read-only', edit: 'apply', manage: 'apply' },
  update: { none: 'refuse', read: 'read-only', edit: 'apply', manage: 'apply' },
  awareness: { none: 'refuse', read: 'apply', edit: 'apply', manage: 'apply' },
  queryAwareness: { none: 'refuse', read: 'apply', edit: 'apply', manage: 'apply' },
  save: { none: 'refuse', read: 'apply', edit: 'apply', manage: 'apply' },
  unknown: { none: 'refuse', read: 'refuse', edit: 'refuse', manage: 'refuse' },
}

for (const [kind, row] of Object.entries(TABLE)) {
  for (const [access, verdict] of Object.entries(row)) {
    test(`[ACCESS-8] ${kind} of somebody with access "${access}" gets the verdict "${verdict}"`, () => {
      assert.equal(permits(access as Access, MESSAGES[kind as ClientMessage['kind']]), verdict)
    })
  }
}
