import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOf } from '../../../bench/plan/check-fields.ts'
import { planBench } from '../../../bench/plan/options.ts'
import { PROFILES, PROFILE_NAMES } from '../../../bench/plan/profiles.ts'
import { PLAN_SCHEMA } from '../../../bench/plan/schema.ts'

const MOST_SECONDS = 62
const MOST_CLIENTS = 1500

for (const name of PROFILE_NAMES) {
  test(`profile ${name} is valid, about a minute at most, and a size that two cores bear`, () => {
    const { scenario } = PROFILES[name]
    assert.deepEqual(faultsOf({ field: PLAN_SCHEMA, value: scenario, nameOf: (path) => path.join('.') }), [])
    const planned = planBench(['--profile', name], { roomPrefix: 'r', readFile: () => '' })
    assert.equal(planned.kind, 'run')
    if (planned.kind !== 'run') return
    const { draft } = planned
    assert.equal(draft.name, name)
    assert.ok(draft.warmUpSeconds + draft.forSeconds <= MOST_SECONDS)
    const clients = draft.groups.reduce((sum, group) => sum + group.rooms * group.clients, 0)
    assert.ok(clients <= MOST_CLIENTS, `${clients} clients`)
  })
}
