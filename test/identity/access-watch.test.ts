import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Access, Action, Identified } from '../../src/access/model.ts'
import {
  type AccessChange,
  AccessWatch,
  type EndReason,
  type Holder,
} from '../../src/identity/access-watch.ts'
import type { Judge } from '../../src/identity/gate.ts'
import type { Lease } from '../../src/identity/lease.ts'
import { person } from '../support/room-client.ts'
import { until } from '../support/until.ts'

const RENEW_MS = 15_000

class FakeHolder implements Holder {
  readonly action: Action
  readonly heard: string[] = []

  constructor(action: Action = 'room.join') {
    this.action = action
  }

  accessChanged(access: Access): void {
    this.heard.push(access)
  }

  ended(reason: EndReason): void {
    this.heard.push(`ended ${reason}`)
  }

  close(reason: EndReason): void {
    this.heard.push(`close ${reason}`)
  }
}

type Fixture = {
  readonly watch: AccessWatch
  readonly errors: unknown[]
  readonly changes: AccessChange[]
  /** What everybody may do, by group or id; `edit` for who is not named. */
  readonly access: Map<string, Access>
  readonly clock: { now: number }
  readonly hold: (id: string, lease?: Lease, holder?: FakeHolder) => FakeHolder & { forget: () => void }
}

type Options = {
  readonly changesAt?: (clock: { now: number }) => number
  readonly renewTimeoutMs?: number
  /** Real timers, where real answers are waited for. */
  readonly hasRealTime?: boolean
}

function fixture(t: TestContext, options: Options = {}): Fixture {
  const { changesAt, renewTimeoutMs, hasRealTime = false } = options
  if (!hasRealTime) t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  const access = new Map<string, Access>()
  const errors: unknown[] = []
  const changes: AccessChange[] = []
  const clock = { now: 1000 }
  const judge: Judge = {
    accessOf: ({ principal }) => access.get(principal.groups[0] ?? principal.id) ?? 'edit',
    changesAt: changesAt && (() => changesAt(clock)),
  }
  const watch = new AccessWatch({
    judge,
    renewMs: RENEW_MS,
    renewTimeoutMs,
    now: () => clock.now,
    onChange: (change) => changes.push(change),
    onError: (error) => errors.push(error),
  })
  t.after(() => watch.close())
  const hold: Fixture['hold'] = (id, lease, holder = new FakeHolder()) => {
    const admitted = { ok: true, principal: person(id), access: 'edit', source: 'cookie', lease } as const
    return Object.assign(holder, { forget: watch.hold(admitted, holder) })
  }
  return { watch, errors, changes, access, clock, hold }
}

/** Everything that was due in this turn and the next has been done. */
async function turns(count = 2): Promise<void> {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve))
}

test('[ACCESS-40] whoever may do less or more hears of it at once, and nobody else', async (t) => {
  const { watch, access, hold, changes } = fixture(t)
  const [lin, rea] = [hold('lin'), hold('rea')]
  access.set('lin', 'read')
  watch.reconsider()
  assert.deepEqual(lin.heard, ['read'])
  access.set('lin', 'manage')
  watch.reconsider()
  watch.reconsider()
  // To hear of more can wait for a turn.
  assert.deepEqual(lin.heard, ['read'])
  await turns()
  assert.deepEqual([lin.heard, rea.heard], [['read', 'manage'], []])
  assert.deepEqual(
    changes.map(({ principal, what }) => [principal.id, what]),
    [
      ['lin', 'changed'],
      ['lin', 'changed'],
    ],
  )
})

test('[ACCESS-43] whoever is denied is ended at once, closed a turn later, and hears no more', async (t) => {
  const { watch, access, hold, changes } = fixture(t)
  const lin = hold('lin')
  access.set('lin', 'none')
  watch.reconsider()
  assert.deepEqual(lin.heard, ['ended access_revoked'])
  assert.equal(watch.size, 0)
  access.set('lin', 'edit')
  watch.reconsider()
  await turns()
  assert.deepEqual(lin.heard, ['ended access_revoked', 'close access_revoked'])
  assert.deepEqual(
    changes.map(({ what }) => what),
    ['access_revoked'],
  )
})

test('[ACCESS-43] of thousands all are ended in one turn, and some are closed in each', async (t) => {
  const { watch, access, hold } = fixture(t)
  const holders = Array.from({ length: 250 }, () => hold('lin'))
  access.set('lin', 'none')
  watch.reconsider()
  assert.ok(holders.every(({ heard }) => heard[0] === 'ended access_revoked'))
  const closed = (): number => holders.filter(({ heard }) => heard.length === 2).length
  const perTurn: number[] = []
  await turns(1)
  for (let i = 0; i < 6; i += 1) {
    perTurn.push(closed())
    t.mock.timers.tick(10)
  }
  assert.deepEqual(perTurn, [50, 100, 150, 200, 250, 250])
})

test('[ACCESS-40] what somebody may do more is told in its turn, less at once, and only what holds by then', async (t) => {
  const { watch, access, hold } = fixture(t)
  const [lin, rea, eve] = [hold('lin'), hold('rea'), hold('eve')]
  for (const id of ['lin', 'rea', 'eve']) access.set(id, 'read')
  watch.reconsider()
  for (const id of ['lin', 'rea', 'eve']) access.set(id, 'edit')
  watch.reconsider()
  access.set('rea', 'read')
  access.set('eve', 'none')
  watch.reconsider()
  await turns()
  assert.deepEqual(
    [lin.heard, rea.heard, eve.heard],
    [['read', 'edit'], ['read'], ['read', 'ended access_revoked', 'close access_revoked']],
  )
})

test('[ACCESS-45] something that asks for more ends sooner: a kernel for a reader, not the room', async (t) => {
  const { watch, access, hold } = fixture(t)
  const room = hold('lin')
  const kernel = hold('lin', undefined, new FakeHolder('kernels.use'))
  const events = hold('lin', undefined, new FakeHolder('files.read'))
  access.set('lin', 'read')
  watch.reconsider()
  await turns()
  assert.deepEqual(
    [room.heard, kernel.heard, events.heard],
    [['read'], ['ended access_revoked', 'close access_revoked'], ['read']],
  )
})

test('[ACCESS-40] a change between the admission and holding on to it is not missed', async (t) => {
  const { access, hold } = fixture(t)
  access.set('lin', 'read')
  access.set('rea', 'none')
  const [lin, rea] = [hold('lin'), hold('rea')]
  const gone = hold('eve', { current: () => undefined })
  const left = hold('rea')
  left.forget()
  await turns()
  assert.deepEqual(
    [lin.heard, rea.heard, gone.heard, left.heard],
    [
      ['read'],
      ['ended access_revoked', 'close access_revoked'],
      ['ended session_expired', 'close session_expired'],
      [],
    ],
  )
})

test('[ACCESS-40] a sign-in that is over ends its sockets within half a second, not before', async (t) => {
  const { clock, hold } = fixture(t, { changesAt: () => Number.POSITIVE_INFINITY })
  const [lin, rea] = [hold('lin', { expiresAt: 2000 }), hold('rea')]
  t.mock.timers.tick(500)
  clock.now = 1999
  t.mock.timers.tick(500)
  assert.deepEqual(lin.heard, [])
  clock.now = 2000
  t.mock.timers.tick(500)
  await turns()
  assert.deepEqual([lin.heard, rea.heard], [['ended session_expired', 'close session_expired'], []])
})

test('[ACCESS-40] a grant that ends by itself is noticed by the clock, without anybody telling', (t) => {
  const { clock, access, hold } = fixture(t, {
    changesAt: ({ now }) => (now < 5000 ? 5000 : Number.POSITIVE_INFINITY),
  })
  const lin = hold('lin')
  t.mock.timers.tick(500)
  access.set('lin', 'none')
  clock.now = 4999
  t.mock.timers.tick(500)
  assert.deepEqual(lin.heard, [])
  clock.now = 5000
  t.mock.timers.tick(500)
  assert.deepEqual(lin.heard, ['ended access_revoked'])
})

test('[ACCESS-40] who a credential stands for is asked at each change: other groups, or nobody', async (t) => {
  const { watch, access, hold } = fixture(t)
  let current: Identified | undefined = { principal: person('lin') }
  access.set('lab', 'read')
  const lin = hold('lin', { current: () => current })
  await turns()
  current = { principal: { ...person('lin'), groups: ['lab'] } }
  watch.reconsider()
  assert.deepEqual(lin.heard, ['read'])
  current = undefined
  watch.reconsider()
  await turns()
  assert.deepEqual(lin.heard, ['read', 'ended session_expired', 'close session_expired'])
})

test('[ACCESS-46] sockets that share a lease cost one question, and all follow the answer', async (t) => {
  const { access, hold } = fixture(t)
  let asked = 0
  let answer: Identified | undefined = { principal: person('lin-in-other-groups') }
  const lease = { renew: () => ((asked += 1), Promise.resolve(answer)) }
  const [one, two] = [hold('lin', lease), hold('lin', lease)]
  access.set('lin-in-other-groups', 'read')
  t.mock.timers.tick(RENEW_MS)
  await turns()
  assert.deepEqual([asked, one.heard, two.heard], [1, ['read'], ['read']])
  answer = undefined
  one.forget()
  t.mock.timers.tick(RENEW_MS)
  await turns(3)
  assert.deepEqual([asked, one.heard], [2, ['read']])
  assert.deepEqual(two.heard, ['read', 'ended session_expired', 'close session_expired'])
})

test('[ACCESS-46] a source that fails, by a rejection or at once, changes nothing for those it knows', async (t) => {
  const { hold, errors } = fixture(t)
  const lin = hold('lin', { renew: () => Promise.reject(new Error('away')) })
  const thrower = (): Promise<Identified> => {
    throw new Error('broken')
  }
  const rea = hold('rea', { renew: thrower })
  t.mock.timers.tick(RENEW_MS)
  await turns()
  assert.deepEqual([lin.heard, rea.heard], [[], []])
  assert.deepEqual(errors.map(String).toSorted(), ['Error: away', 'Error: broken'])
})

test('[ACCESS-46] a source that never answers is given up, and the others are asked all the same', async (t) => {
  const { watch, hold, errors } = fixture(t, { hasRealTime: true, renewTimeoutMs: 20 })
  let late: (person: undefined) => void = () => {}
  const silent = hold('lin', { renew: () => new Promise((resolve) => (late = resolve)) })
  watch.renewSoon()
  await until(() => errors.length === 1)
  assert.match(String(errors[0]), /has not answered within 20 ms/)
  // Too late is never.
  late(undefined)
  const rea = hold('rea', { renew: () => Promise.resolve(undefined) })
  watch.renewSoon()
  await until(() => rea.heard.length === 2)
  assert.deepEqual(silent.heard, [])
})

test('[ACCESS-46] at most 32 questions are under way, and a wish meanwhile is not forgotten', async (t) => {
  const { watch, hold } = fixture(t)
  const answers: ((person: Identified) => void)[] = []
  const renew = (): Promise<Identified> => new Promise((resolve) => answers.push(resolve))
  for (let i = 0; i < 40; i += 1) hold(`person-${i}`, { renew: () => renew() })
  watch.renewSoon()
  await turns()
  assert.equal(answers.length, 32)
  watch.renewSoon()
  watch.renewSoon()
  for (let i = 0; i < 80; i += 1) {
    answers[i]?.({ principal: person(`person-${i % 40}`) })
    await turns(1)
  }
  // Once more after the first round, and not twice.
  await turns()
  assert.equal(answers.length, 80)
})

test('after close nobody hears anything, nothing is asked, and it can be closed again', async (t) => {
  const { watch, access, hold, clock } = fixture(t)
  let asked = 0
  let answer: (person: undefined) => void = () => {}
  const lease = {
    expiresAt: 2000,
    renew: () => ((asked += 1), new Promise<undefined>((resolve) => (answer = resolve))),
  }
  const [lin, rea] = [hold('lin', lease), hold('rea')]
  await turns()
  watch.renewSoon()
  access.set('rea', 'none')
  watch.reconsider()
  watch.close()
  watch.close()
  answer(undefined)
  clock.now = 3000
  t.mock.timers.tick(60_000)
  await turns()
  assert.deepEqual([asked, lin.heard], [1, []])
  // Its goodbye is that of the process.
  assert.deepEqual(rea.heard, ['ended access_revoked'])
  assert.equal(watch.size, 0)
})
