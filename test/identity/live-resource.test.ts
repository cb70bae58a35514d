import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LiveResource } from '../../src/identity/live-resource.ts'
import { person } from '../support/room-client.ts'

const OWNED = { name: 'jupyter', owner: 'user:ada', viewers: [] } as const

function live(): LiveResource {
  return new LiveResource({ resource: OWNED, groups: { lab: ['lin'] } })
}

test('[ACCESS-40] declared and added grants count together, and whoever listens hears of each change', () => {
  const resource = live()
  const heard: string[] = []
  const stop = resource.onChange(() => heard.push(resource.accessOf({ principal: person('lin') }, 0)))
  resource.setAdded([{ subject: 'group:lab', access: 'read' }])
  resource.declare({
    resource: { ...OWNED, viewers: [{ subject: 'user:lin', access: 'edit' }] },
    groups: { lab: [] },
  })
  resource.setAdded([{ subject: 'user:lin', access: 'none' }])
  stop()
  resource.setAdded([])
  assert.deepEqual(heard, ['read', 'edit', 'none'])
  assert.equal(resource.accessOf({ principal: person('lin') }, 0), 'edit')
  assert.deepEqual(resource.current.viewers, resource.declared.resource.viewers)
})

test('[ACCESS-40] a change of groups alone is a change, and what was declared before is forgotten', () => {
  const resource = live()
  resource.setAdded([{ subject: 'group:lab', access: 'edit' }])
  resource.declare({ resource: OWNED, groups: { lab: ['rea'] } })
  assert.equal(resource.accessOf({ principal: person('lin') }, 0), 'none')
  assert.equal(resource.accessOf({ principal: person('rea') }, 0), 'edit')
})

test('[ACCESS-47] another owner is never declared, and then nothing has changed', () => {
  const resource = live()
  assert.throws(() => resource.declare({ resource: { ...OWNED, owner: 'user:lin' }, groups: {} }))
  assert.equal(resource.accessOf({ principal: person('ada') }, 0), 'manage')
  assert.deepEqual(resource.declared.groups, { lab: ['lin'] })
})

test('[ACCESS-40] it tells when a grant ends next, and from that moment it is worth nothing', () => {
  const resource = live()
  assert.equal(resource.changesAt(0), Number.POSITIVE_INFINITY)
  resource.setAdded([
    { subject: 'user:lin', access: 'edit', expiresAt: 200 },
    { subject: 'user:lin', access: 'read', expiresAt: 100 },
  ])
  assert.deepEqual(
    [0, 99, 100, 199, 200].map((now) => resource.changesAt(now)),
    [100, 100, 200, 200, Number.POSITIVE_INFINITY],
  )
  assert.deepEqual(
    [99, 100, 199, 200].map((now) => resource.accessOf({ principal: person('lin') }, now)),
    ['edit', 'edit', 'edit', 'none'],
  )
})
