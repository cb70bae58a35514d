import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

type LockEntry = {
  readonly version?: string
  /** Only for development. */
  readonly dev?: boolean
  readonly devOptional?: boolean
}
type LockFile = { readonly packages: Readonly<Record<string, LockEntry>> }

async function installed(
  name: string,
  isCounted: (entry: LockEntry) => boolean = () => true,
): Promise<string[]> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as LockFile
  return Object.entries(lock.packages)
    .filter(([path]) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`))
    .filter(([, entry]) => isCounted(entry))
    .map(([, { version }]) => version ?? '')
}

function isAtLeast(version: string, minimum: string): boolean {
  const [mine, least] = [version, minimum].map((text) => text.split('.').map(Number))
  const differing = mine!.findIndex((part, i) => part !== least![i])
  return differing === -1 || mine![differing]! > least![differing]!
}

test('versions are compared by number', () => {
  assert.ok(
    isAtLeast('0.2.120', '0.2.120') && isAtLeast('0.3.0', '0.2.120') && isAtLeast('8.100.0', '8.23.0'),
  )
  assert.ok(!isAtLeast('0.2.99', '0.2.120') && !isAtLeast('7.99.0', '8.23.0'))
})

test('there is one copy of yjs, because two do not recognize each other’s types', async () => {
  assert.equal((await installed('yjs')).length, 1)
})

test('there is one copy of lib0, and none that reads foreign memory for an over-long length', async () => {
  const versions = await installed('lib0')
  assert.equal(versions.length, 1)
  assert.ok(isAtLeast(versions[0]!, '0.2.120'), versions[0])
})

test('every copy of ws that is shipped limits fragments and pending pongs', async () => {
  const versions = await installed('ws', ({ dev, devOptional }) => dev !== true && devOptional !== true)
  assert.ok(versions.length > 0)
  for (const version of versions) assert.ok(isAtLeast(version, '8.23.0'), version)
})
