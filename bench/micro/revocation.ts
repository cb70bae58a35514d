/**
 * Thousands of open sockets are judged again while two people type in another room:
 *
 *   npm run build && node --import tsx bench/micro/revocation.ts
 *
 * A server of its own process, with 1,000 users in one group and a configuration file; another process
 * holds 5,000 sockets in 100 rooms for them; this one types, ten keys a second each of five pairs, and
 * measures from a key to the other's screen. The file is changed four times: something that changes
 * nobody's access, edit to read, read to edit, and the group removed. The server's CPU time includes the
 * typing and the thread that reads the file.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as decoding from 'lib0/decoding'
import { WebSocket } from 'ws'
import { stringify } from 'yaml'
import * as Y from 'yjs'
import { encodeSyncStep1, encodeUpdate } from '../../src/protocol/encode.ts'

const PEOPLE = 1000
const SOCKETS = 5000
const ROOMS = 100
const PAIRS = 5
const KEY_MS = 100
const BASELINE_MS = 10_000
const WATCHED_MS = 4_000
const OPENED_AT_ONCE = 50
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

const names = Array.from({ length: PEOPLE }, (_, i) => `user-${i}`)

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function settings(folder: string, group: { access?: string; isThere: boolean; extra: string[] }): string {
  const digest = (name: string): string => `sha256:${createHash('sha256').update(name).digest('hex')}`
  const all = ['owner', 'helper', ...names]
  return stringify({
    server: { port: 0 },
    data: { dir: join(folder, 'data') },
    log: { level: 'warn', format: 'json' },
    users: all.map((name) => ({ name, tokens: [digest(name)] })),
    groups: { class: names, staff: ['owner', ...group.extra] },
    resource: {
      owner: 'user:owner',
      viewers: group.isThere ? [{ group: 'class', access: group.access ?? 'edit' }] : [],
    },
  })
}

/** The other process: opens its sockets, then tells when each has closed. */
async function crowd(url: string): Promise<void> {
  let open = 0
  let closed = 0
  const openOne = async (i: number): Promise<void> => {
    const name = names[i % PEOPLE] ?? ''
    const socket = new WebSocket(`${url}outrigger/rooms/crowd-${i % ROOMS}?token=${name}`)
    socket.on('error', () => {})
    socket.on('close', () => {
      closed += 1
      if (closed === open) process.send?.({ closed, at: Date.now() })
    })
    await once(socket, 'open')
    socket.send(encodeSyncStep1(Y.encodeStateVector(new Y.Doc())))
    open += 1
  }
  for (let i = 0; i < SOCKETS; i += OPENED_AT_ONCE)
    await Promise.all(Array.from({ length: OPENED_AT_ONCE }, (_, k) => openOne(i + k)))
  process.send?.({ open })
  await once(process, 'disconnect')
  process.exit(0)
}

/** One who types and one who looks, in a room of their own. */
class Pair {
  readonly latencies: number[] = []
  readonly #doc = new Y.Doc()
  readonly #seen = new Y.Doc()
  #typed = 0
  readonly #sent: number[] = []
  readonly #sockets: readonly WebSocket[]
  #timer: NodeJS.Timeout | undefined

  constructor(url: string, room: number) {
    this.#sockets = ['typist', 'reader'].map(
      () => new WebSocket(`${url}outrigger/rooms/typing-${room}?token=owner`),
    )
    const [typist, reader] = this.#sockets
    this.#doc.on('update', (update: Uint8Array) => typist?.send(encodeUpdate(update)))
    reader?.on('message', (frame: Buffer) => {
      if (frame[0] !== 0 || frame[1] === 0) return
      Y.applyUpdate(this.#seen, decoding.readVarUint8Array(decoding.createDecoder(frame.subarray(2))))
      // One frame may bring several keys.
      const waiting = this.#typed - this.#seen.getText('source').length
      while (this.#sent.length > waiting) this.latencies.push(performance.now() - (this.#sent.shift() ?? 0))
    })
  }

  async start(delayMs: number): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => once(socket, 'open')))
    for (const socket of this.#sockets) socket.send(encodeSyncStep1(Y.encodeStateVector(new Y.Doc())))
    await sleep(500 + delayMs)
    this.#timer = setInterval(() => {
      this.#sent.push(performance.now())
      this.#typed += 1
      this.#doc.getText('source').insert(0, 'x')
    }, KEY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const socket of this.#sockets) socket.terminate()
  }
}

async function metric(url: string, pattern: RegExp): Promise<number> {
  const headers = { authorization: 'token owner' }
  const text = await (await fetch(`${url}outrigger/metrics`, { headers })).text()
  return Number(pattern.exec(text)?.[1] ?? 0)
}

const CPU = /^process_cpu_seconds_total (\S+)/m
const CHANGED = /access_changes_total\{what="changed"\} (\d+)/

function tell(what: string, latencies: readonly number[], note = ''): void {
  const sorted = latencies.toSorted((one, other) => one - other)
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? NaN).toFixed(1)
  console.log(`${what.padEnd(30)} keys ${sorted.length}, p50 ${at(0.5)} ms, max ${at(1)} ms ${note}`)
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-bench-'))
  const file = join(folder, 'outrigger.yaml')
  const write = (text: string): void => {
    writeFileSync(`${file}~`, text)
    renameSync(`${file}~`, file)
  }
  // Made before anybody types: this process is also the one that measures.
  const usual = settings(folder, { isThere: true, extra: [] })
  const otherGroup = settings(folder, { isThere: true, extra: ['helper'] })
  const readers = settings(folder, { isThere: true, access: 'read', extra: [] })
  const removed = settings(folder, { isThere: false, extra: [] })
  write(usual)
  const server = spawn(process.execPath, [MAIN, 'serve', '--config', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let holder: ChildProcess | undefined
  const pairs: Pair[] = []
  try {
    let said = ''
    server.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    while (!said.includes('"msg":"ready"')) await sleep(50)
    const url = /"url":"(http[^"]+)"/.exec(said)?.[1] ?? ''
    holder = fork(fileURLToPath(import.meta.url), [url.replace('http', 'ws')], {
      execArgv: ['--import', 'tsx'],
    })
    const [{ open }] = (await once(holder, 'message')) as [{ open: number }]
    console.log(`${open} sockets are open`)
    for (let i = 0; i < PAIRS; i += 1) pairs.push(new Pair(url.replace('http', 'ws'), i))
    await Promise.all(pairs.map((pair, i) => pair.start((i * KEY_MS) / PAIRS)))
    const watched = async (ms: number): Promise<number[]> => {
      for (const { latencies } of pairs) latencies.length = 0
      await sleep(ms)
      return pairs.flatMap(({ latencies }) => latencies)
    }
    await watched(3_000)
    tell('before', await watched(BASELINE_MS))
    const change = async (what: string, changed: string, note: () => Promise<string>) => {
      const cpu = await metric(url, CPU)
      write(changed)
      const seen = watched(WATCHED_MS)
      const noted = await note()
      const keys = await seen
      const spent = (await metric(url, CPU)) - cpu
      tell(what, keys, `${noted}; CPU of the server ${spent.toFixed(2)} s`)
    }
    const all = async (count: number): Promise<string> => {
      const from = performance.now()
      while ((await metric(url, CHANGED)) < count) await sleep(250)
      return `all changed ${Math.round(performance.now() - from)} ms after the file`
    }
    await change('another group changes', otherGroup, async () => '')
    await change('edit to read', readers, () => all(SOCKETS))
    await change('read to edit', usual, () => all(2 * SOCKETS))
    const gone = once(holder, 'message') as Promise<[{ closed: number; at: number }]>
    await change('the group is removed', removed, async () => {
      const from = Date.now()
      const [{ closed, at }] = await gone
      return `${closed} closed ${at - from} ms after the file`
    })
  } finally {
    for (const pair of pairs) pair.stop()
    holder?.disconnect()
    server.kill()
    await once(server, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

const [, , url] = process.argv
if (url === undefined) await main()
else await crowd(url)
