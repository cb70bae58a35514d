/**
 * What a backup costs the server it is made from.
 *
 *   node --import tsx bench/micro/copy.ts [MEGABYTES]
 *
 * Fills a store, opens it as a server does, and lets another process make a backup of it: CPU time and
 * memory of this process meanwhile, and how long its event loop was kept from anything else, beside
 * the same while it does nothing. Half of the bytes are one-record documents of a megabyte, half are
 * small records.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { DocumentId } from '../../src/protocol/names.ts'
import type { AppendItem } from '../../src/room/ports.ts'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { openLevelDatabase } from '../../src/store/open-level-database.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const SMALL_BYTES = 100
const RECORDS_PER_APPEND = 2_000
const LINEAGE = new TextEncoder().encode('0123456789abcdef0123456789abcdef')

async function fill(store: LevelDocumentStore, megabytes: number): Promise<void> {
  for (let index = 0; index < megabytes / 2; index += 1) {
    await append(store, `large-${index}`, [randomBytes(1024 * 1024)])
    const small = randomBytes(RECORDS_PER_APPEND * SMALL_BYTES)
    const rounds = Math.ceil((1024 * 1024) / small.length)
    const records = Array.from({ length: RECORDS_PER_APPEND * rounds }, (_, record) => {
      const at = (record % RECORDS_PER_APPEND) * SMALL_BYTES
      return small.subarray(at, at + SMALL_BYTES)
    })
    await append(store, `small-${index}`, records)
  }
}

async function append(
  store: LevelDocumentStore,
  name: string,
  updates: readonly Uint8Array[],
): Promise<void> {
  const of = { document: `plain/${name}` as DocumentId, token: store.token, at: 1.8e12, author: 'user:ada' }
  const items: AppendItem[] = [{ ...of, seq: 1, kind: 'created', bytes: LINEAGE }]
  for (const [index, bytes] of updates.entries()) items.push({ ...of, seq: index + 2, kind: 'update', bytes })
  await store.append(items)
}

/**
 * Memory that the process needs. LevelDB maps its files: what was read of them counts as resident,
 * too, but belongs to the page cache and goes when it is wanted elsewhere. Only Linux tells them apart.
 */
function ownBytes(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss()
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return Number(kibibytes) * 1024
}

/** What this process does and needs while `task` runs. */
async function watch(name: string, task: () => Promise<void>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let peakBytes = 0
  const before = ownBytes()
  const sampler = setInterval(() => (peakBytes = Math.max(peakBytes, ownBytes())), 20)
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  delay.enable()
  await task()
  delay.disable()
  const ms = performance.now() - startedAt
  clearInterval(sampler)
  const { user, system } = process.cpuUsage(cpu)
  const milliseconds = (nanoseconds: number): string => (nanoseconds / 1e6 - 1).toFixed(1)
  console.log(
    name.padEnd(10),
    `${(ms / 1000).toFixed(1)} s`.padEnd(10),
    `CPU ${((user + system) / 1e6).toFixed(2)} s`.padEnd(14),
    `event loop late p50 ${milliseconds(delay.percentile(50))} p99 ${milliseconds(delay.percentile(99))} max ${milliseconds(delay.max)} ms`,
    `memory +${((peakBytes - before) / 1e6).toFixed(0)} MB`,
  )
}

async function main(): Promise<void> {
  const megabytes = Number(process.argv[2] ?? 100)
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-copy-'))
  const directory = join(folder, 'data')
  const filling = await openLevelDatabase({ directory, fsync: 'never' })
  await fill(new LevelDocumentStore(filling), megabytes)
  await filling.close()
  const database = await openLevelDatabase({ directory, fsync: 'always' })
  const backup = async (): Promise<void> => {
    const args = [
      '--import',
      import.meta.resolve('tsx'),
      MAIN,
      'backup',
      join(folder, 'backup'),
      '--data',
      directory,
    ]
    const [code] = (await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'close')) as [number]
    if (code !== 0) throw new Error(`the backup ended with ${code}`)
  }
  await sleep(1_000)
  await watch('nothing', async () => sleep(5_000))
  await watch('backup', backup)
  await database.close()
  await rm(folder, { recursive: true })
}

await main()
