/** Installs the peers into their folder, when its lock file changed since the last time. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Places } from './project.ts'

/** Rejects with the exit code when npm fails; what it says goes to the terminal. */
export async function installPeers({ peers }: Pick<Places, 'peers'>): Promise<void> {
  const stamp = join(peers, 'node_modules', '.outrigger-stamp')
  const wanted = stampOf(peers)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const child = spawn('npm', ['ci'], {
    cwd: peers,
    env: environment(),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`npm ci in bench/peers ended with ${code}. See what it said above.`)
  writeFileSync(stamp, wanted)
}

/** What `npm run` tells its children of the project above would lead npm to the wrong folder. */
function environment(): NodeJS.ProcessEnv {
  const { npm_config_local_prefix: _, npm_config_prefix: __, NODE_ENV: ___, ...rest } = process.env
  return rest
}

/** Another Node needs the compiled packages anew. */
function stampOf(peers: string): string {
  const hash = createHash('sha256')
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(peers, name)))
  return `${hash.digest('hex')} ${process.versions.modules}`
}
