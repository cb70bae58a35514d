/** Outrigger itself, freshly started on an empty data folder. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startCommand } from './command-server.ts'
import type { ManagedServer } from './managed-server.ts'

export type OutriggerOptions = {
  readonly fsync?: 'always' | 'everysec' | 'never' | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** Seen from the source file and from the bundle in `dist/bench`. */
const PLACES = ['../../dist/main.js', '../main.js']

export async function startOutrigger(options: OutriggerOptions = {}): Promise<ManagedServer> {
  const main = mainFile()
  return startCommand({
    name: 'outrigger',
    command: ({ port, dataDirectory }) => [
      process.execPath,
      main,
      'serve',
      '--auth=open',
      `--port=${port}`,
      `--data=${dataDirectory}`,
    ],
    env: {
      OUTRIGGER_LOG_FORMAT: 'json',
      ...(options.fsync === undefined ? {} : { OUTRIGGER_DATA_FSYNC: options.fsync }),
      ...options.env,
    },
    readyPattern: '"url":"http',
    addresses: (port) => ({
      url: `http://127.0.0.1:${port}/`,
      roomUrl: `ws://127.0.0.1:${port}/outrigger/rooms/{room}`,
    }),
  })
}

function mainFile(): string {
  const found = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(existsSync)
  if (found === undefined) throw new Error('dist/main.js is missing; run: npm run build')
  return found
}
