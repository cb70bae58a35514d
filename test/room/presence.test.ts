import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presenceRoom, type PresenceViewer } from '../support/presence-fixture.ts'
import { until } from '../support/until.ts'

const WINDOW_MS = 20
const SOON_MS = 5
const LONG_MS = 60_000

/** What it is sent during `act`: the client ids of each frame. */
function framesOf(viewer: PresenceViewer, act: () => void): number[][] {
  const before = viewer.frames.length
  act()
  return viewer.frames.slice(before).map((entries) => entries.map(({ clientId }) => clientId))
}

test('[ROOM-40] what only says "still here" is gathered and goes out in one frame, with its new clock', (t) => {
  const room = presenceRoom(t)
  const [ann, bob, eve] = ['ann', 'bob', 'eve'].map((name) => room.join(name)) as [
    PresenceViewer,
    PresenceViewer,
    PresenceViewer,
  ]
  for (const viewer of [ann, bob, eve]) viewer.say({ is: 1 })
  room.clock.advance(15_000)
  const frames = framesOf(eve, () => {
    ann.renew()
    room.clock.advance(4000)
    bob.renew()
    room.clock.advance(5999)
    assert.equal(eve.awareness.meta.get(ann.clientId)?.clock, 1)
    room.clock.advance(1)
  })
  assert.deepEqual(frames, [[ann.clientId, bob.clientId]])
  assert.equal(eve.awareness.meta.get(ann.clientId)?.clock, 2)
  assert.deepEqual(
    framesOf(eve, () => room.clock.advance(LONG_MS)),
    [],
  )
})

test('[ROOM-40] a renewal is not looked into', (t) => {
  const room = presenceRoom(t)
  const ann = room.join('ann')
  room.join('bob')
  ann.say({ is: 1 })
  room.clock.advance(15_000)
  const parse = t.mock.method(JSON, 'parse')
  const stringify = t.mock.method(JSON, 'stringify')
  ann.renew()
  // One of the client's own, to encode it.
  assert.equal(stringify.mock.callCount(), 1)
  assert.equal(parse.mock.callCount(), 0)
  ann.say({ is: 2 })
  assert.equal(parse.mock.callCount(), 1)
})

test('[ROOM-40] a change takes a waiting renewal with it', (t) => {
  const room = presenceRoom(t)
  const ann = room.join('ann')
  const bob = room.join('bob')
  ann.say({ is: 1 })
  room.clock.advance(15_000)
  const frames = framesOf(bob, () => {
    ann.renew()
    ann.say({ is: 2 })
    room.clock.advance(LONG_MS)
  })
  assert.equal(frames.length, 1)
  assert.equal(bob.sees().get(ann.clientId), 2)
})

test('[ROOM-41] the first change is shown soon, the next ones together when the window ends', (t) => {
  const room = presenceRoom(t)
  const [ann, bob, eve] = ['ann', 'bob', 'eve'].map((name) => room.join(name)) as [
    PresenceViewer,
    PresenceViewer,
    PresenceViewer,
  ]
  assert.deepEqual(
    framesOf(eve, () => {
      ann.say({ is: 1 })
      room.clock.advance(SOON_MS)
    }),
    [[ann.clientId]],
  )
  const frames = framesOf(eve, () => {
    bob.say({ is: 1 })
    ann.say({ is: 2 })
    ann.say({ is: 3 })
    room.clock.advance(WINDOW_MS - 1)
    assert.equal(eve.sees().get(ann.clientId), 1)
    room.clock.advance(1)
  })
  assert.deepEqual(frames, [[bob.clientId, ann.clientId]])
  assert.equal(eve.sees().get(ann.clientId), 3)
})

test('[ROOM-41] frames are never closer to each other than a window, however fast people move', (t) => {
  const room = presenceRoom(t)
  const [ann, bob, eve] = ['ann', 'bob', 'eve'].map((name) => room.join(name)) as [
    PresenceViewer,
    PresenceViewer,
    PresenceViewer,
  ]
  const times: number[] = []
  for (let ms = 0; ms < 1000; ms += 1) {
    // With pauses of all kinds.
    if (ms % 37 < 20 || ms % 211 < 100) (ms % 2 === 0 ? ann : bob).say({ is: ms })
    const before = eve.frames.length
    room.clock.advance(1)
    if (eve.frames.length > before) times.push(ms)
  }
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0))
  assert.ok(gaps.length > 20 && Math.min(...gaps) >= WINDOW_MS, gaps.join())
})

test('[ROOM-41] nobody is sent what it said itself, and one alone is sent nothing', (t) => {
  const room = presenceRoom(t)
  const ann = room.join('ann')
  for (let i = 0; i < 5; i += 1) {
    ann.say({ is: i })
    room.clock.advance(LONG_MS)
  }
  assert.deepEqual(ann.frames, [])
  const bob = room.join('bob')
  bob.say({ is: 1 })
  room.clock.advance(LONG_MS)
  assert.equal(ann.frames.length, 1)
  assert.equal(bob.frames.length, 1, 'the table')
})

test('[ROOM-41] no timer runs while nothing is to be shown, and none after the last one left', (t) => {
  const room = presenceRoom(t)
  const after = t.mock.method(room.clock, 'after')
  const ann = room.join('ann')
  const bob = room.join('bob')
  assert.equal(after.mock.callCount(), 0)
  ann.say({ is: 1 })
  ann.say({ is: 2 })
  assert.equal(after.mock.callCount(), 1)
  room.clock.advance(LONG_MS)
  assert.equal(after.mock.callCount(), 1)
  ann.renew()
  ann.say({ is: 3 })
  bob.say({ is: 3 })
  bob.leave()
  ann.leave()
  assert.equal(room.clock.waiting, 0)
})

test('[ROOM-42] in a crowd readers are shown the latest less often, and those who edit as ever', (t) => {
  const room = presenceRoom(t, { readersAbove: 2, readerWindowMs: 2000 })
  const ann = room.join('ann')
  const bob = room.join('bob')
  const reader = room.join('rea', 'read')
  const move = (from: number, to: number): void => {
    for (let is = from; is < to; is += 1) {
      ann.say({ is })
      room.clock.advance(100)
    }
  }
  assert.equal(framesOf(bob, () => move(0, 21)).length, 21)
  assert.deepEqual(
    reader.frames.map((entries) => entries.length),
    [1],
  )
  assert.equal(reader.sees().get(ann.clientId), 20)
  assert.equal(framesOf(reader, () => move(21, 61)).length, 2)
  reader.say({ is: 'reader' })
  room.clock.advance(SOON_MS)
  assert.equal(bob.sees().get(reader.clientId), 'reader', 'what readers say is shown as ever')
  bob.leave()
  ann.say({ is: 'no crowd any more' })
  room.clock.advance(WINDOW_MS)
  assert.equal(reader.sees().get(ann.clientId), 'no crowd any more')
  assert.equal(reader.sees().has(bob.clientId), false)
})

test('[ROOM-42] renewals and departures reach readers of a crowd too', (t) => {
  const room = presenceRoom(t, { readersAbove: 2, readerWindowMs: 2000 })
  const ann = room.join('ann')
  const bob = room.join('bob')
  const reader = room.join('rea', 'read')
  room.join('eve')
  for (const viewer of [ann, bob]) viewer.say({ is: 1 })
  room.clock.advance(15_000)
  ann.renew()
  bob.leave()
  room.clock.advance(10_000)
  assert.equal(reader.awareness.meta.get(ann.clientId)?.clock, 2)
  assert.deepEqual([...reader.sees().keys()], [reader.clientId, ann.clientId])
})

test('[ROOM-43] joiners share the bytes of the table, and are sent next what it lacks', (t) => {
  const room = presenceRoom(t)
  const ann = room.join('ann')
  ann.say({ is: 1 })
  room.clock.advance(SOON_MS)
  const bob = room.join('bob')
  ann.say({ is: 2 })
  const eve = room.join('eve')
  assert.equal(bob.bytes[0], eve.bytes[0])
  assert.equal(eve.sees().get(ann.clientId), 1)
  room.clock.advance(WINDOW_MS)
  assert.equal(eve.sees().get(ann.clientId), 2)
  const joe = room.join('joe')
  assert.notEqual(joe.bytes[0], bob.bytes[0])
  assert.equal(joe.sees().get(ann.clientId), 2)
})

test('[ROOM-43] who has gone is not in the table', (t) => {
  const room = presenceRoom(t)
  const [ann, bob] = [room.join('ann'), room.join('bob')]
  for (const viewer of [ann, bob]) viewer.say({ is: 1 })
  room.clock.advance(WINDOW_MS)
  ann.say(null)
  room.clock.advance(WINDOW_MS)
  const eve = room.join('eve')
  assert.deepEqual(
    eve.frames.map((entries) => entries.map(({ clientId }) => clientId)),
    [[bob.clientId]],
  )
})

test('[ROOM-44] who is behind is sent nothing, and then what it missed, departures too', (t) => {
  const room = presenceRoom(t)
  const [ann, bob, slow] = [room.join('ann'), room.join('bob'), room.join('slow')]
  for (const viewer of [ann, bob]) viewer.say({ is: 0 })
  room.clock.advance(WINDOW_MS)
  slow.fallBehind()
  const sent = slow.frames.length
  for (let is = 1; is <= 50; is += 1) {
    ann.say({ is })
    room.clock.advance(100)
  }
  bob.leave()
  room.clock.advance(LONG_MS)
  assert.equal(slow.frames.length, sent)
  slow.catchUp()
  assert.equal(slow.frames.length, sent + 1)
  assert.equal(slow.sees().get(ann.clientId), 50)
  assert.equal(slow.sees().has(bob.clientId), false)
  assert.equal(room.clock.waiting, 0)
})

test('[ROOM-45] of the states in a frame all count or none', (t) => {
  const room = presenceRoom(t)
  const [ann, bob] = [room.join('ann'), room.join('bob')]
  for (const bad of ['{', '[]', '5', '']) {
    assert.throws(
      () =>
        ann.sayEntries([
          [1, 1, '{"is":"good"}'],
          [2, 1, bad],
        ]),
      { code: 'malformed_message' },
    )
  }
  room.clock.advance(LONG_MS)
  assert.deepEqual(bob.frames, [])
  assert.equal(room.presence.snapshot(), undefined)
})

test('[ROOM-45] what a session may not say is not looked into, even if it is no JSON', (t) => {
  const room = presenceRoom(t)
  const [ann, bob] = [room.join('ann'), room.join('bob')]
  ann.say({ is: 1 })
  bob.sayEntries([
    [ann.clientId, 9, '{no JSON'],
    [77, 1, '{"is":"bob"}'],
  ])
  // An old clock of its own.
  bob.sayEntries([[77, 1, '{no JSON']])
  room.clock.advance(LONG_MS)
  assert.equal(ann.sees().get(77), 'bob')
  assert.equal(room.join('eve').sees().get(ann.clientId), 1)
})

test('[ROOM-45] of several entries of one client in a frame the newest counts, and one session has only so many', (t) => {
  const room = presenceRoom(t)
  const [ann, bob] = [room.join('ann'), room.join('bob')]
  const parse = t.mock.method(JSON, 'parse')
  ann.sayEntries([
    [1, 5, '{"is":"old"}'],
    [1, 7, '{"is":"new"}'],
    [1, 6, '{"is":"late"}'],
    [2, 1, 'null'],
    [3, 1, ' null '],
    [4, 1, '{"is":4}'],
    [5, 1, '{"is":5}'],
  ])
  assert.equal(parse.mock.callCount(), 4, 'one a client')
  room.clock.advance(WINDOW_MS)
  assert.deepEqual([...bob.sees()].slice(1), [
    [1, 'new'],
    [4, 4],
  ])
})

test('a large room is sent a large frame in slices, and the next one waits for the last of them', async (t) => {
  const room = presenceRoom(t)
  const viewers = Array.from({ length: 40 }, (_, i) => room.join(`p${i}`))
  const padding = 'x'.repeat(15_000)
  for (const viewer of viewers) viewer.say({ is: 1, padding })
  room.clock.advance(WINDOW_MS)
  const knows = (viewer: PresenceViewer, is: unknown): boolean =>
    viewers.every((other) => viewer.sees().get(other.clientId) === is)
  const told = viewers.filter((viewer) => knows(viewer, 1)).length
  assert.ok(told > 0 && told < viewers.length, `${told} in one go`)
  for (const viewer of viewers) viewer.say({ is: 2 })
  const gone = viewers.pop()
  gone?.leave()
  const frames = gone?.frames.length
  room.clock.advance(WINDOW_MS)
  await until(() => {
    room.clock.advance(WINDOW_MS)
    return viewers.every((viewer) => knows(viewer, 2))
  })
  assert.equal(gone?.frames.length, frames)
  for (const viewer of viewers) {
    const clocks = viewer.frames.flatMap((entries) =>
      entries.filter(({ clientId }) => clientId === viewers[0]?.clientId),
    )
    assert.deepEqual(
      clocks.map(({ clock }) => clock),
      clocks.map(({ clock }) => clock).toSorted((a, b) => a - b),
    )
  }
})
