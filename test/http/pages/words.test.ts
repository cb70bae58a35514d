import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  eventText,
  mayText,
  ownerText,
  reasonText,
  subjectOf,
  subjectText,
} from '../../../src/http/pages/client/access/words.ts'

test('subjects are persons and groups, whatever their names hold', () => {
  assert.deepEqual(subjectOf('user:oidc:lin@example.org'), { kind: 'Person', name: 'oidc:lin@example.org' })
  assert.deepEqual(subjectOf('group:user:x'), { kind: 'Group', name: 'user:x' })
  assert.equal(subjectText('group:lab'), 'the group lab')
})

test('an owner is a person, a group, or nobody in open mode', () => {
  assert.equal(ownerText('user:ada'), 'ada')
  assert.equal(ownerText('group:lab'), 'the members of the group lab')
  assert.match(ownerText(null), /open to everybody/)
})

test('a reason says whether it is direct or by a group, and where it comes from', () => {
  const texts = [
    reasonText({ origin: 'owner', subject: 'group:lab', access: 'manage', group: 'lab' }),
    reasonText({ origin: 'config', subject: 'user:lin', access: 'edit' }),
    reasonText({ origin: 'api', subject: 'group:lab', access: 'none', group: 'lab' }),
  ]
  assert.deepEqual(texts, [
    'as a member of the group lab: the owner',
    'lin directly: may edit and run (declared in the configuration)',
    'as a member of the group lab: denied (added here)',
  ])
})

test('an event is a clause, also one of a kind that this page does not know', () => {
  const common = { at: '2026-05-03T12:00:00Z', actor: 'ada' }
  assert.equal(
    eventText({ ...common, action: 'grant', subject: 'group:lab', detail: 'read' }),
    'gave access: the group lab, read',
  )
  assert.equal(
    eventText({ ...common, action: 'link_create', subject: 'link:0a1b', detail: 'read, Reviewers' }),
    'made a guest link: read, Reviewers',
  )
  assert.equal(eventText({ ...common, action: 'stop' }), 'stopped the server')
  assert.equal(eventText({ ...common, action: 'frobnicate' }), 'frobnicate')
  assert.equal(mayText('comment'), 'comment')
})
