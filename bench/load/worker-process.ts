/** The coordinator's end of one worker. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { workerEntry } from '../worker-entry.ts'
import type { CallName, Calls, FromWorker, Tick, ToWorker } from './messages.ts'

type Waiting = { readonly resolve: (body: unknown) => void; readonly reject: (error: Error) => void }

export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1

  constructor(onTick: (tick: Tick) => void) {
    this.#child = fork(workerEntry(), ['worker'], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child.on('message', (message: FromWorker) => {
      if (message.type === 'tick') onTick(message.tick)
      else this.#settle(message)
    })
    this.#child.on('exit', (code, signal) => this.#fail(new Error(`a load worker ended (${signal ?? code})`)))
    this.#child.on('error', (error) => this.#fail(error))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async call<Name extends CallName>(name: Name, body: Calls[Name][0]): Promise<Calls[Name][1]> {
    if (!this.#child.connected) throw new Error('a load worker has ended')
    const id = this.#nextId
    this.#nextId += 1
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#child.send({ id, name, body } satisfies ToWorker)
    return (await answer) as Calls[Name][1]
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }

  #settle(message: Exclude<FromWorker, { type: 'tick' }>): void {
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.type === 'answer') waiting?.resolve(message.body)
    else waiting?.reject(new Error(message.message))
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/** All workers of a run, asked the same. */
export class WorkerPool {
  readonly workers: readonly WorkerProcess[]

  constructor(count: number, onTick: (worker: number, tick: Tick) => void) {
    this.workers = Array.from(
      { length: count },
      (_, index) => new WorkerProcess((tick) => onTick(index, tick)),
    )
  }

  async ask<Name extends CallName>(name: Name, body: Calls[Name][0]): Promise<Calls[Name][1][]> {
    return Promise.all(this.workers.map(async (worker) => worker.call(name, body)))
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map(async (worker) => worker.end()))
  }
}
