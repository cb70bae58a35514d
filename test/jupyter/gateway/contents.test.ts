import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, gatewayFixture } from '../../support/gateway-fixture.ts'

test('[GATEWAY-14] a request that changes files runs while their saves are held, until it was announced', async (t) => {
  const story: string[] = []
  const { port } = await gatewayFixture(t, {
    deps: {
      alone: async (paths, task) => {
        story.push(`hold ${paths.join()}`)
        const result = await task()
        story.push('release')
        return result
      },
      contentsChanged: async ({ kind }) => {
        await new Promise((resolve) => setImmediate(resolve))
        story.push(kind)
      },
    },
    onRequest: (request, response) => {
      request.resume()
      request.on('end', () => {
        story.push(`Jupyter ${request.method}`)
        response.end('{}')
      })
    },
  })
  const tell = async (method: string, path: string, body?: string): Promise<string[]> => {
    story.length = 0
    await ask({ port, method, path: `/api/contents/${path}`, body })
    return [...story]
  }
  assert.deepEqual(await tell('PATCH', 'a', '{"path":"b"}'), [
    'hold a',
    'Jupyter PATCH',
    'renamed',
    'release',
  ])
  assert.deepEqual(await tell('DELETE', 'a'), ['hold a', 'Jupyter DELETE', 'deleted', 'release'])
  assert.deepEqual(await tell('PUT', 'a', '{}'), ['hold a', 'Jupyter PUT', 'written', 'release'])
  assert.deepEqual(await tell('GET', 'a'), ['Jupyter GET'])
  assert.deepEqual(await tell('POST', 'a/checkpoints'), ['Jupyter POST'])
})
