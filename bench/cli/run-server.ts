/** The server of a run: started for it, or found running. */
import { ConfigError } from '../../src/config/fault.ts'
import type { ServerPlan } from '../plan/options.ts'
import { startCommand } from '../servers/command-server.ts'
import type { ManagedServer } from '../servers/managed-server.ts'
import { startOutrigger } from '../servers/outrigger.ts'

/** Undefined: it runs already and is not ours to end. */
export async function startServer(
  plan: ServerPlan,
  url: string | undefined,
): Promise<ManagedServer | undefined> {
  switch (plan.kind) {
    case 'running':
      if (plan.pid !== undefined) mustRun(plan.pid)
      return undefined
    case 'fresh':
      return startOutrigger()
    case 'command': {
      const roomUrl = url ?? ''
      const server = await startCommand({
        name: 'the server of --start',
        command: () => plan.command,
        port: plan.port,
        addresses: () => ({ url: new URL('/', roomUrl.replace(/^ws/, 'http')).href, roomUrl }),
        ...(plan.data === undefined ? {} : { dataDirectory: plan.data }),
      })
      return plan.data === undefined ? withoutDataFolder(server) : server
    }
  }
}

/** Kills rather than asks when the run was cut short: nothing of the server is needed any more. */
export async function endServer(server: ManagedServer, isInterrupted: boolean): Promise<void> {
  try {
    if (isInterrupted) await server.kill()
  } finally {
    await server.stop()
  }
}

/** Its command was not told of the folder made for it, so what lies there is not its data. */
function withoutDataFolder(server: ManagedServer): ManagedServer {
  return {
    name: server.name,
    url: server.url,
    roomUrl: server.roomUrl,
    dataDirectory: undefined,
    get pid() {
      return server.pid
    },
    get readyMs() {
      return server.readyMs
    },
    stop: async () => server.stop(),
    kill: async () => server.kill(),
    restart: async () => server.restart(),
  }
}

function mustRun(pid: number): void {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // A process of somebody else is there, too; it can be measured.
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return
    const fix = 'Give the number of the running server, or leave --pid out.'
    throw new ConfigError([{ key: '--pid', problem: `there is no process ${pid}`, fix }])
  }
}
