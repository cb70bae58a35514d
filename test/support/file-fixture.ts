import type { TestContext } from 'node:test'
import { ContentsClient } from '../../src/jupyter/contents-client.ts'
import { FileBinding } from '../../src/jupyter/file-binding.ts'
import type { FileEvent } from '../../src/jupyter/file-binding-event.ts'
import { DEFAULT_FILE_POLICY, type FilePolicy } from '../../src/jupyter/file-binding-policy.ts'
import { modelFor } from '../../src/jupyter/models/document-model.ts'
import type { FileId } from '../../src/protocol/names.ts'
import { type Clock, systemClock } from '../../src/room/clock.ts'
import { ContentsServer } from './contents-server.ts'
import { type Durable, FileRoom } from './file-room.ts'

/** Short times, so that tests wait for conditions and not for policies. */
export const QUICK: FilePolicy = {
  ...DEFAULT_FILE_POLICY,
  saveDelayMs: 15,
  saveMaxWaitMs: 150,
  pollMs: 20,
  pollMaxMs: 40,
  saveDeadlineMs: 2_000,
  closeDeadlineMs: 500,
  retryMinMs: 20,
  retryMaxMs: 80,
  credibleMs: 60,
  hashGraceMs: 40,
}

export type Opened = {
  readonly room: FileRoom
  readonly binding: FileBinding
  readonly events: FileEvent[]
  readonly errors: unknown[]
}

export type Fixture = {
  readonly server: ContentsServer
  readonly contents: ContentsClient
  /** Opens the file; with `durable` as a later process that finds this history. */
  readonly open: (path: string, options?: OpenOptions) => Promise<Opened>
}

export type OpenOptions = {
  readonly durable?: Durable
  readonly policy?: Partial<FilePolicy>
  readonly people?: Record<string, unknown>[]
  readonly crashesAt?: string
  readonly clock?: Clock
}

/** A stand-in for Jupyter and the means to open its files; all is closed after the test. */
export async function fileFixture(t: TestContext): Promise<Fixture> {
  const server = await ContentsServer.start()
  const contents = new ContentsClient({
    url: server.url,
    token: server.token,
    statTimeoutMs: 10_000,
    transferTimeoutMs: 10_000,
  })
  const opened: FileBinding[] = []
  t.after(async () => {
    for (const binding of opened) await binding.close()
    contents.close()
    await server.close()
  })
  const open = async (path: string, options: OpenOptions = {}): Promise<Opened> => {
    const room = new FileRoom(options.durable)
    if (options.people !== undefined) room.people = options.people
    room.crashesAt = options.crashesAt
    const events: FileEvent[] = []
    const errors: unknown[] = []
    const model = path.endsWith('.ipynb') ? modelFor('json', 'notebook') : modelFor('text', 'file')
    if (model === undefined) throw new Error('no model')
    const binding = new FileBinding({
      room,
      fileId: 'file-1' as FileId,
      model,
      contents,
      clock: options.clock ?? systemClock,
      policy: { ...QUICK, ...options.policy },
      locate: async () => path,
      onEvent: (event) => events.push(event),
      onError: (error) => errors.push(error),
    })
    opened.push(binding)
    room.binding = binding
    await binding.open()
    return { room, binding, events, errors }
  }
  return { server, contents, open }
}

export function notebook(...sources: string[]): unknown {
  return {
    cells: sources.map((source, index) => ({
      id: `c${index}`,
      cell_type: 'code',
      source,
      metadata: {},
      outputs: [],
      execution_count: null,
    })),
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  }
}
