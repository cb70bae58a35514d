/**
 * What a stored edit costs, all in: planning, encoding, LevelDB, fsync.
 *
 *   node --import tsx bench/micro/commit.ts
 *
 * Appends batches of 1, 10 and 100 records of 40 bytes over 1, 10 and 100 documents, each behind an
 * fsync, one batch after the other as the commit loop does it. CPU time is the process's, LevelDB's
 * and the kernel's share of it included; the wall time is mostly the disk's. The configurations take
 * turns, so that a busy machine disturbs all of them alike. `--main-only` leaves LevelDB's threads
 * out: what the event loop of a server is kept from.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { DocumentId } from '../../src/protocol/names.ts'
import type { AppendItem } from '../../src/room/ports.ts'
import { LevelDocumentStore } from '../../src/store/level-document-store.ts'
import { openLevelDatabase } from '../../src/store/open-level-database.ts'

const SHAPES = [
  { records: 1, documents: 1 },
  { records: 10, documents: 1 },
  { records: 10, documents: 10 },
  { records: 100, documents: 1 },
  { records: 100, documents: 10 },
  { records: 100, documents: 100 },
]
const ROUNDS = 5
const RECORDS_PER_ROUND = 2_000
const MAX_COMMITS_PER_ROUND = 400
const UPDATE_BYTES = 40
const LINEAGE = new TextEncoder().encode('0123456789abcdef0123456789abcdef')

type Shape = (typeof SHAPES)[number]
type Cost = { readonly commitsPerSecond: number; readonly cpuUs: number; readonly loopUs: number }

class Writer {
  readonly #store: LevelDocumentStore
  readonly #documents: readonly DocumentId[]
  readonly #heads: number[]
  readonly #update = new Uint8Array(UPDATE_BYTES).fill(7)

  constructor(store: LevelDocumentStore, name: string, documents: number) {
    this.#store = store
    this.#documents = Array.from({ length: documents }, (_, index) => `plain/${name}-${index}` as DocumentId)
    this.#heads = this.#documents.map(() => 0)
  }

  async begin(): Promise<void> {
    const items = this.#documents.map((_, index) => this.#item(index, 'created', LINEAGE))
    await this.#append(items)
  }

  async commit(records: number): Promise<void> {
    const items: AppendItem[] = []
    for (let index = 0; index < records; index += 1) {
      items.push(this.#item(index % this.#documents.length, 'update', this.#update))
    }
    await this.#append(items)
  }

  async #append(items: readonly AppendItem[]): Promise<void> {
    const results = await this.#store.append(items)
    if (results.some(({ result }) => result !== 'durable')) throw new Error('an append was not durable')
  }

  #item(index: number, kind: AppendItem['kind'], bytes: Uint8Array): AppendItem {
    const seq = (this.#heads[index] ?? 0) + 1
    this.#heads[index] = seq
    const document = this.#documents[index] as DocumentId
    return { document, token: this.#store.token, seq, at: 1.8e12, kind, author: 'user:ada', bytes }
  }
}

async function measure(writer: Writer, { records }: Shape): Promise<Cost> {
  const commits = Math.min(MAX_COMMITS_PER_ROUND, Math.ceil(RECORDS_PER_ROUND / records))
  const cpuBefore = process.cpuUsage()
  const loopBefore = performance.eventLoopUtilization()
  const startedAt = performance.now()
  for (let commit = 0; commit < commits; commit += 1) await writer.commit(records)
  const ms = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  const { active } = performance.eventLoopUtilization(loopBefore)
  const total = commits * records
  return {
    commitsPerSecond: commits / (ms / 1000),
    cpuUs: (user + system) / total,
    loopUs: (active * 1000) / total,
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'outrigger-commit-'))
  const database = await openLevelDatabase({ directory, fsync: 'always' })
  const store = new LevelDocumentStore(database)
  const runs = SHAPES.map((shape, index) => ({
    shape,
    writer: new Writer(store, `s${index}`, shape.documents),
    costs: [] as Cost[],
  }))
  for (const { writer, shape } of runs) {
    await writer.begin()
    await measure(writer, shape)
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { writer, shape, costs } of runs) costs.push(await measure(writer, shape))
  }
  for (const { shape, costs } of runs) {
    const of = (pick: (cost: Cost) => number): number => median(costs.map(pick))
    console.log(
      `${shape.records} records over ${shape.documents} documents`.padEnd(34),
      `${of((cost) => cost.commitsPerSecond).toFixed(0)} commits/s`.padEnd(16),
      `${of((cost) => cost.cpuUs).toFixed(1)} us CPU a record`.padEnd(24),
      `${of((cost) => cost.loopUs).toFixed(1)} us of the event loop`,
    )
  }
  await store.close()
  await database.close()
  await rm(directory, { recursive: true })
}

await main()
