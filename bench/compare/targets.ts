/** The servers that are compared: Outrigger, its peers, and the relay that shows the limit. */
import { join } from 'node:path'
import type { Protocol } from '../plan/scenario.ts'
import { startCommand } from '../servers/command-server.ts'
import type { ManagedServer } from '../servers/managed-server.ts'
import { startOutrigger } from '../servers/outrigger.ts'

export type TargetKind = 'outrigger' | 'peer' | 'relay'

export type Target = {
  readonly name: string
  /** As tables and plots call it. */
  readonly label: string
  readonly kind: TargetKind
  readonly protocol: Protocol
  /** Documents outlive the process. */
  readonly doesPersist: boolean
  /** Fresh, on an empty data folder. `peers`: the folder in which the peers are installed. */
  readonly start: (peers: string) => Promise<ManagedServer>
}

type PeerPlan = Omit<Target, 'start'> & { readonly starter: string; readonly args?: readonly string[] }

const PEERS: readonly PeerPlan[] = [
  {
    name: 'y-websocket-server',
    label: '@y/websocket-server 0.1.5 (memory)',
    kind: 'peer',
    protocol: 'y-websocket',
    doesPersist: false,
    starter: 'y-websocket-server.mjs',
  },
  {
    name: 'y-websocket-2',
    label: 'y-websocket 2.1 (memory)',
    kind: 'peer',
    protocol: 'y-websocket',
    doesPersist: false,
    starter: 'y-websocket-2.mjs',
  },
  {
    name: 'y-websocket-leveldb',
    label: '@y/websocket-server + y-leveldb',
    kind: 'peer',
    protocol: 'y-websocket',
    doesPersist: true,
    starter: 'y-websocket-leveldb.mjs',
  },
  {
    name: 'hocuspocus',
    label: 'Hocuspocus 4.7 (memory)',
    kind: 'peer',
    protocol: 'hocuspocus',
    doesPersist: false,
    starter: 'hocuspocus.mjs',
  },
  {
    name: 'hocuspocus-sqlite',
    label: 'Hocuspocus 4.7 + SQLite',
    kind: 'peer',
    protocol: 'hocuspocus',
    doesPersist: true,
    starter: 'hocuspocus-sqlite.mjs',
  },
  relay('message', 'relay: a write per message'),
  relay('turn', 'relay: a write per loop turn'),
  relay('gap', 'relay: writes 20 ms apart'),
]

function relay(mode: string, label: string): PeerPlan {
  return {
    name: `relay-${mode}`,
    label,
    kind: 'relay',
    protocol: 'y-websocket',
    doesPersist: false,
    starter: 'relay.mjs',
    args: ['--mode', mode],
  }
}

export const TARGETS: readonly Target[] = [
  {
    name: 'outrigger',
    label: 'Outrigger (default: fsync always)',
    kind: 'outrigger',
    protocol: 'y-websocket',
    doesPersist: true,
    start: async () => startOutrigger({ fsync: 'always' }),
  },
  {
    name: 'outrigger-everysec',
    label: 'Outrigger (fsync everysec)',
    kind: 'outrigger',
    protocol: 'y-websocket',
    doesPersist: true,
    start: async () => startOutrigger({ fsync: 'everysec' }),
  },
  ...PEERS.map(({ starter, args = [], ...target }): Target => ({
    ...target,
    start: async (peers) =>
      startCommand({
        name: target.name,
        command: ({ port, dataDirectory }) => [
          process.execPath,
          join(peers, starter),
          `--port=${port}`,
          `--data=${dataDirectory}`,
          ...args,
        ],
        cwd: peers,
        env: { NODE_ENV: 'production' },
        readyPattern: '^ready \\d+',
        addresses: (port) => addresses(target.protocol, port),
      }),
  })),
]

/** Hocuspocus hears the room's name in its messages, the others in the path. */
function addresses(protocol: Protocol, port: number): { readonly url: string; readonly roomUrl: string } {
  const place = `127.0.0.1:${port}/`
  return {
    url: `http://${place}`,
    roomUrl: protocol === 'hocuspocus' ? `ws://${place}` : `ws://${place}{room}`,
  }
}
