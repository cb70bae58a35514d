import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { CollaborationSession } from '../../src/jupyter/collaboration.ts'
import { collaborationRoutes } from '../../src/jupyter/collaboration-routes.ts'
import { SyncError } from '../../src/protocol/errors.ts'
import type { FileId, Lineage } from '../../src/protocol/names.ts'
import { FakeGate } from '../support/fake-gate.ts'
import { httpFixture } from '../support/http-fixture.ts'

type Asked = { path: string; format: string; type: string }

async function fixture(t: TestContext, baseUrl = '/') {
  const gate = new FakeGate()
  const asked: Asked[] = []
  const collaboration = {
    isNew: false,
    error: undefined as SyncError | undefined,
    async session(path: string, format: string, type: string): Promise<CollaborationSession> {
      asked.push({ path, format, type })
      if (this.error !== undefined) throw this.error
      return { format, type, fileId: 'id-1' as FileId, sessionId: 'abc' as Lineage, isNew: this.isNew }
    },
  }
  const { url } = await httpFixture(t, { baseUrl, routes: [collaborationRoutes({ collaboration, gate })] })
  const put = async (
    path: string,
    body = '{"format":"json","type":"notebook"}',
    type = 'text/plain;charset=UTF-8',
  ) =>
    await fetch(`${url}api/collaboration/session/${path}`, {
      method: 'PUT',
      body,
      headers: { 'content-type': type },
    })
  return { gate, asked, collaboration, url, put }
}

test('[JUPYTER-50] JupyterLab’s request is understood as it sends it', async (t) => {
  const { put, asked, collaboration } = await fixture(t, '/user/ann/')
  const known = await put(`${encodeURIComponent('d e/ä.ipynb')}?1795000000000`)
  assert.equal(known.status, 200)
  assert.deepEqual(await known.json(), {
    format: 'json',
    type: 'notebook',
    fileId: 'id-1',
    sessionId: 'abc',
    mode: 'edit',
  })
  collaboration.isNew = true
  const fresh = await put('a.ipynb?x=1&&1795000000000', undefined, 'application/json')
  assert.equal(fresh.status, 201)
  assert.deepEqual(
    asked.map(({ path }) => path),
    ['d e/ä.ipynb', 'a.ipynb'],
  )
})

test('[JUPYTER-50] the path is handed on decoded once, however long it is', async (t) => {
  const { put, asked } = await fixture(t)
  const long = `${'folder/'.repeat(60)}a.ipynb`
  for (const path of ['%2Fd%2Fa.ipynb', 'my%2520notes.txt', 'd/a.txt', encodeURIComponent(long)])
    await put(path)
  assert.deepEqual(
    asked.map(({ path }) => path),
    ['/d/a.ipynb', 'my%20notes.txt', 'd/a.txt', long],
  )
})

test('[JUPYTER-50] a reader is told so', async (t) => {
  const { put, gate } = await fixture(t)
  gate.options = { access: 'read' }
  assert.equal(((await (await put('a.txt')).json()) as { mode: string }).mode, 'read')
  gate.options = { access: 'manage' }
  assert.equal(((await (await put('a.txt')).json()) as { mode: string }).mode, 'edit')
})

test('[JUPYTER-50] a body that is no request is refused in words', async (t) => {
  const { put, asked } = await fixture(t)
  for (const body of [
    '',
    '{',
    '[]',
    '{"format":1,"type":"file"}',
    '"x"',
    'null',
    `{"__proto__":{"format":"json"}}`,
  ]) {
    const response = await put('a.txt', body)
    assert.equal(response.status, 400, body)
    assert.equal(((await response.json()) as { code: string }).code, 'bad_request')
  }
  assert.equal((await put('a.txt', 'x'.repeat(70_000))).status, 413)
  assert.equal((await put('a.txt', 'format=json', 'application/x-www-form-urlencoded')).status, 400)
  assert.deepEqual(asked, [])
})

test('[JUPYTER-2] what the collaboration throws keeps its code', async (t) => {
  const { put, collaboration } = await fixture(t)
  for (const [code, status] of [
    ['not_found', 404],
    ['bad_request', 400],
    ['jupyter_unreachable', 502],
    ['load_failed', 500],
  ] as const) {
    collaboration.error = new SyncError(code)
    const response = await put('a.txt')
    assert.equal(response.status, status)
    const answer = (await response.json()) as { code: string; message: string }
    assert.equal(answer.code, code)
    assert.notEqual(answer.message, '')
  }
})

test('[JUPYTER-51] timeline, undo and forks answer 404 as JSON, with and without a body', async (t) => {
  const { url, gate } = await fixture(t)
  const headers = { 'content-type': 'application/json' }
  const calls: [string, string, RequestInit][] = [
    ['timeline/d/a.ipynb?format=json&&type=notebook&123', 'history.read', {}],
    [
      'undo_redo/json:notebook:id?action=undo&&steps=1&&forkRoom=x',
      'document.update',
      { method: 'PUT', headers },
    ],
    ['fork/json:notebook:id', 'history.read', {}],
    ['fork/json:notebook:id', 'document.update', { method: 'PUT', body: '{"synchronize":true}' }],
    ['fork/abc?merge=true', 'document.update', { method: 'DELETE', headers }],
  ]
  for (const [path, action, init] of calls) {
    const response = await fetch(`${url}api/collaboration/${path}`, init)
    assert.equal(response.status, 404, path)
    assert.equal(typeof ((await response.json()) as { message: unknown }).message, 'string')
    assert.equal(gate.asked.at(-1)?.action, action)
  }
})

test('[JUPYTER-52] whoever the gate refuses learns nothing, whatever the body is', async (t) => {
  const { put, url, gate, asked } = await fixture(t)
  gate.options = { refuseAll: 'not_found' }
  const missing = await fetch(`${url}api/nothing/here`, { method: 'GET' })
  for (const body of ['{"format":"json","type":"notebook"}', '{', 'x'.repeat(70_000)]) {
    const response = await put('a.txt', body)
    assert.equal(response.status, 404)
    assert.deepEqual(await response.json(), await missing.clone().json())
  }
  gate.options = { refuseAll: 'not_signed_in' }
  assert.equal((await put('a.txt', '{')).status, 401)
  assert.equal((await fetch(`${url}api/collaboration/timeline/a?format=text`)).status, 401)
  assert.deepEqual(asked, [])
  assert.deepEqual(
    new Set(gate.asked.map(({ action }) => action)),
    new Set(['session.request', 'history.read']),
  )
})
