import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  contentsEvent,
  isHashQuestion,
  parseContentsRequest,
} from '../../../src/jupyter/gateway/contents-request.ts'
import { parseTarget } from '../../../src/jupyter/gateway/target.ts'

function contents(url: string) {
  const target = parseTarget(url, '/')
  assert.ok(typeof target === 'object')
  const request = parseContentsRequest(target)
  return { request, target }
}

test('a contents path is read as jupyter_server reads it', () => {
  const cases = [
    ['/api/contents', { path: '', part: 'model' }],
    ['/api/contents/', { path: '', part: 'model' }],
    ['/api/contents/a/b%20c.ipynb', { path: 'a/b c.ipynb', part: 'model' }],
    ['/api/contents/a%2Fb.txt', { path: 'a/b.txt', part: 'model' }],
    ['/api/contents/a.txt/checkpoints', { path: 'a.txt', part: 'checkpoints' }],
    ['/api/contents/a.txt/checkpoints/checkpoint', { path: 'a.txt', part: 'checkpoint' }],
    ['/api/contents/a.txt/checkpoints/a.b', { path: 'a.txt/checkpoints/a.b', part: 'model' }],
    ['/api/contents/a.txt%2Fcheckpoints', { path: 'a.txt/checkpoints', part: 'model' }],
    ['/api/contents/a.ipynb/trust', { path: 'a.ipynb', part: 'trust' }],
    ['/api/contentsx/a', undefined],
    ['/api/kernels', undefined],
    ['/api%2Fcontents/a', undefined],
  ] as const
  for (const [url, expected] of cases) assert.deepEqual(contents(url).request, expected, url)
})

test('only the question that JupyterLab asks before a save counts as one for the hash', () => {
  const isQuestion = (method: string, url: string): boolean => {
    const { request, target } = contents(url)
    return request !== undefined && isHashQuestion(method, request, target.query)
  }
  assert.equal(isQuestion('GET', '/api/contents/a.txt?content=0&hash=1&1700000000'), true)
  assert.equal(isQuestion('GET', '/api/contents/a.txt?content=1&hash=1'), false)
  assert.equal(isQuestion('GET', '/api/contents/a.txt?content=0'), false)
  assert.equal(isQuestion('PUT', '/api/contents/a.txt?content=0&hash=1'), false)
  assert.equal(isQuestion('GET', '/api/contents/a.txt/checkpoints?content=0&hash=1'), false)
})

test('[GATEWAY-13] what changes a file is an event, and nothing else is', () => {
  const event = (method: string, url: string, body?: string) => {
    const { request } = contents(url)
    assert.ok(request !== undefined)
    return contentsEvent(method, request, body === undefined ? undefined : Buffer.from(body))
  }
  const file = '/api/contents/d/a%20b.txt'
  assert.deepEqual(event('PUT', file), { kind: 'written', path: 'd/a b.txt' })
  assert.deepEqual(event('DELETE', file), { kind: 'deleted', path: 'd/a b.txt' })
  assert.deepEqual(event('POST', `${file}/checkpoints/c-1`), { kind: 'written', path: 'd/a b.txt' })
  assert.deepEqual(event('PATCH', file, '{"path":"/x/ü.txt"}'), {
    kind: 'renamed',
    from: 'd/a b.txt',
    to: 'x/ü.txt',
  })
  for (const [method, url, body] of [
    ['GET', file],
    ['POST', '/api/contents/d'],
    ['POST', `${file}/checkpoints`],
    ['DELETE', `${file}/checkpoints/c-1`],
    ['PATCH', file, '{"path":"d/a b.txt"}'],
    ['PATCH', file, '{"path":7}'],
    ['PATCH', file, 'null'],
    ['PATCH', file, '{'],
    ['PATCH', file],
  ] as const) {
    assert.equal(event(method, url, body), undefined, `${method} ${url} ${body ?? ''}`)
  }
})
