/**
 * Random edits, foreign writes, faults and crashes around one file. What must hold when it is quiet
 * again: file and document say the same, and every line that anybody wrote is in one of the files.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Doc, Map as YMap, Text as YText } from 'yjs'
import { type Fixture, fileFixture, notebook } from '../support/file-fixture.ts'
import { until } from '../support/until.ts'

const seed = Number(process.env['FC_SEED'] ?? 2_811)
const RUNS = Number(process.env['SIM_RUNS'] ?? 4)
const STEPS = 40

const POLICY = {
  saveDelayMs: 3,
  saveMaxWaitMs: 20,
  pollMs: 4,
  pollMaxMs: 8,
  retryMinMs: 5,
  retryMaxMs: 20,
  credibleMs: 15,
}

/** Deterministic numbers below `below`. */
function randomOf(start: number): (below: number) => number {
  let state = start
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

type Kind = {
  readonly path: string
  readonly start: (server: Fixture['server']) => void
  /** Inserts a line that occurs nowhere else. */
  readonly type: (doc: Doc, line: string, at: number) => void
  readonly writeOutside: (server: Fixture['server'], line: string, at: number) => void
  readonly lines: (server: Fixture['server']) => string
}

const text: Kind = {
  path: 'a.txt',
  start: (server) => server.put('a.txt', 'first\nsecond\nthird\n'),
  type: (doc, line, at) => {
    const source = doc.getText('source')
    const lines = source.toJSON().split('\n')
    const index = at % lines.length
    source.insert(lines.slice(0, index).join('\n').length + (index === 0 ? 0 : 1), `${line}\n`)
  },
  writeOutside: (server, line, at) => {
    const lines = server.text('a.txt').split('\n')
    lines.splice(at % lines.length, 0, line)
    server.put('a.txt', lines.join('\n'))
  },
  lines: (server) => [...server.files.keys()].map((path) => server.text(path)).join('\n'),
}

const cells: Kind = {
  path: 'a.ipynb',
  start: (server) => server.putNotebook('a.ipynb', notebook('first', 'second', 'third')),
  type: (doc, line, at) => {
    const shared = doc.getArray<YMap<YText>>('cells')
    shared
      .get(at % shared.length)
      .get('source')
      ?.insert(0, `${line}\n`)
  },
  writeOutside: (server, line, at) => {
    const content = server.notebook('a.ipynb')
    if (at % 3 === 0) content.cells.push({ ...content.cells[0], id: line, source: line, outputs: [] })
    else content.cells[at % content.cells.length]!.source += `\n${line}`
    server.putNotebook('a.ipynb', content)
  },
  lines: (server) => server.text('a.ipynb'),
}

async function simulate(t: TestContext, kind: Kind, start: number): Promise<void> {
  const random = randomOf(start)
  const { server, open } = await fileFixture(t)
  kind.start(server)
  let opened = await open(kind.path, { policy: POLICY })
  const written: string[] = []
  const reopen = async (): Promise<void> => {
    const durable = opened.room.crash()
    await opened.binding.close()
    opened = await open(kind.path, { durable, policy: POLICY })
  }
  const step = async (number: number): Promise<void> => {
    const line = `line-${start}-${number}`
    switch (random(9)) {
      case 0:
      case 1:
      case 2:
        opened.room.type((doc) => kind.type(doc, line, random(100)))
        written.push(line)
        return
      case 3:
      case 4:
        // Alone: Jupyter knows no conditional write, so between our look and our write nobody is safe.
        await opened.binding.alone(async () => {
          // A tool would not edit what another program left half written.
          if (server.torn.has(kind.path)) return
          kind.writeOutside(server, line, random(100))
          written.push(line)
        })
        return
      case 5:
        return await opened.binding.save().then(() => {})
      case 6:
        server.faults.isDown = random(2) === 0
        server.faults.cutsAfterWrite = random(3) === 0
        server.faults.writeStatus = random(4) === 0 ? 500 : undefined
        return
      case 7:
        server.faults.tearsWriteAt = random(60)
        return
      default:
        server.faults.isDown = false
        await reopen()
    }
  }
  for (let number = 0; number < STEPS; number += 1) await step(number)
  Object.assign(server.faults, {
    isDown: false,
    cutsAfterWrite: false,
    writeStatus: undefined,
    tearsWriteAt: undefined,
  })
  const context = `FC_SEED=${seed} run ${start}`
  await until(
    () => !opened.binding.hasUnsavedChanges && opened.room.state('hash') === server.hash(kind.path),
    5_000,
    context,
  )
  assert.equal(await opened.binding.save(), 'success', context)
  const all = kind.lines(server)
  for (const line of written) assert.ok(all.includes(line), `${context}: ${line} is lost`)
  const again = await open(kind.path, { durable: opened.room.crash(), policy: POLICY })
  assert.deepEqual(again.room.edits, [], context)
  if (kind === text) assert.equal(again.room.text, server.text(kind.path), context)
  else assertUniqueIds(server, kind.path, context)
}

function assertUniqueIds(server: Fixture['server'], path: string, context: string): void {
  const ids = server.notebook(path).cells.map((cell) => cell.id)
  assert.equal(new Set(ids).size, ids.length, `${context}: doubled ids`)
}

for (const [name, kind] of [
  ['text', text],
  ['notebook', cells],
] as const) {
  test(`[JUPYTER-16] a ${name} loses no line through faults, crashes and foreign writes`, async (t) => {
    for (let run = 0; run < RUNS; run += 1) await simulate(t, kind, seed + run)
  })
}
