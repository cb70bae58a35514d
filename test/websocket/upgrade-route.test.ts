import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchUpgrade } from '../../src/websocket/upgrade-route.ts'

const CASES: [url: string, baseUrl: string, expected: Record<string, unknown>][] = [
  ['/outrigger/rooms/demo', '/', { kind: 'room', dialect: 'y-websocket', room: 'demo', lineage: undefined }],
  [
    '/outrigger/rooms/demo?lineage=abc',
    '/',
    { kind: 'room', dialect: 'y-websocket', room: 'demo', lineage: 'abc' },
  ],
  [
    '/outrigger/rooms/demo?ack=1',
    '/',
    { kind: 'room', dialect: 'y-websocket', room: 'demo', lineage: undefined },
  ],
  ['/outrigger/rooms/a%3Ab', '/', { kind: 'room', dialect: 'y-websocket', room: 'a:b', lineage: undefined }],
  [
    '/user/ann/api/collaboration/room/json:notebook:1-2?sessionId=s&token=t',
    '/user/ann/',
    { kind: 'room', dialect: 'jupyter', room: 'json:notebook:1-2', lineage: 's' },
  ],
  ['/user/ann/api/kernels/1/channels', '/user/ann/', { kind: 'other' }],
  ['/api/kernels/1/channels', '/user/ann/', { kind: 'none' }],
  ['/outrigger/rooms/', '/', { kind: 'bad' }],
  ['/outrigger/rooms/a/b', '/', { kind: 'bad' }],
  ['/outrigger/rooms/..%2f..%2fetc', '/', { kind: 'bad' }],
  ['/outrigger/rooms/%00', '/', { kind: 'bad' }],
  ['/outrigger/rooms/%zz', '/', { kind: 'bad' }],
  [`/outrigger/rooms/${'a'.repeat(201)}`, '/', { kind: 'bad' }],
  ['/outrigger/other', '/', { kind: 'none' }],
  ['http://evil.example/outrigger/rooms/demo', '/', { kind: 'none' }],
]

for (const [url, baseUrl, expected] of CASES) {
  test(`an upgrade of ${url.slice(0, 80)} below ${baseUrl} is ${JSON.stringify(expected['kind'])}`, () => {
    const isRoom = expected['kind'] === 'room'
    const more = isRoom ? { wantsAcknowledgements: url.includes('ack=1') && !url.includes('/api/') } : {}
    assert.deepEqual(matchUpgrade(url, baseUrl), { ...more, ...expected })
  })
}
