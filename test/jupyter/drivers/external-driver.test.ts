import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { CheckResult } from '../../../src/jupyter/contents-client.ts'
import { ExternalDriver } from '../../../src/jupyter/drivers/external-driver.ts'
import { until } from '../../support/until.ts'

type Fixture = {
  readonly driver: ExternalDriver
  /** What the server answers from now on. */
  readonly answer: (result: CheckResult) => void
  readonly checks: () => number
}

function fixture(t: TestContext, first: CheckResult, maxFailures = 3): Fixture {
  let result = first
  let checks = 0
  const driver = new ExternalDriver(
    {
      url: 'http://127.0.0.1:1/',
      token: 'secret',
      check: async () => {
        checks += 1
        return result
      },
      intervalMs: 5,
      maxFailures,
      onError: (error) => assert.fail(error as Error),
    },
    first,
  )
  t.after(() => driver.close())
  return { driver, answer: (next) => (result = next), checks: () => checks }
}

test('[STATE-5] an external server is away after several questions without an answer, and back with the first', async (t) => {
  const { driver, answer, checks } = fixture(t, 'ok')
  const changes: { readonly phase: string; readonly checks: number }[] = []
  driver.onChange(({ phase }) => changes.push({ phase, checks: checks() }))
  await until(() => checks() >= 2)
  assert.equal(driver.state.phase, 'running')
  const before = checks()
  answer('unreachable')
  await until(() => driver.state.phase === 'unreachable')
  assert.ok((changes[0]?.checks ?? 0) >= before + 3)
  assert.equal(driver.state.detail, 'It does not answer at its address.')
  answer('ok')
  await until(() => driver.state.phase === 'running')
  assert.equal(driver.state.detail, undefined)
  assert.deepEqual(
    changes.map(({ phase }) => phase),
    ['unreachable', 'running'],
  )
})

test('[STATE-5] questions that now and then get no answer do not make it away', async (t) => {
  const { driver, answer, checks } = fixture(t, 'ok')
  driver.onChange(({ phase }) => assert.fail(phase))
  for (let round = 0; round < 5; round += 1) {
    const before = checks()
    answer('unreachable')
    await until(() => checks() > before)
    answer('ok')
    await until(() => checks() > before + 2)
  }
})

test('[STATE-5] a server that refuses the token is away, and its detail says so', async (t) => {
  const { driver, answer } = fixture(t, 'unreachable')
  assert.equal(driver.state.phase, 'unreachable')
  answer('refused')
  await until(() => /refuses the token/.test(driver.state.detail ?? ''))
  assert.equal(driver.state.phase, 'unreachable')
})

test('[STATE-5] it can neither be started nor stopped, and has no log; closing twice is the same as once', async (t) => {
  const { driver } = fixture(t, 'ok')
  assert.equal(driver.isControllable, false)
  await assert.rejects(driver.start(), { code: 'server_not_controlled' })
  await assert.rejects(driver.stop(), { code: 'server_not_controlled' })
  assert.equal(await driver.logTail(), undefined)
  await Promise.all([driver.close(), driver.close()])
})
