#!/usr/bin/env node
/**
 * Stands in for the `jupyter` command. Its folder's `behavior` file says how it behaves:
 * `--paths` names the folder `share` beside it; `lab` answers api/status like a real server.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'

const folder = dirname(process.argv[1])
const behaviorFile = join(folder, 'behavior')
const behavior = existsSync(behaviorFile) ? readFileSync(behaviorFile, 'utf8').trim() : ''
const args = process.argv.slice(2)

if (args[0] === '--paths') {
  if (behavior === 'broken') process.exit(1)
  const paths = JSON.stringify({ data: ['/nowhere', join(folder, 'share')] })
  process.stdout.write(`a wrapper may say something first\n${paths}\n`)
  process.exit(0)
}

appendFileSync(
  join(folder, 'starts'),
  `${JSON.stringify({ pid: process.pid, args, cwd: process.cwd(), token: process.env.JUPYTER_TOKEN })}\n`,
)
if (behavior === 'ends') {
  process.stderr.write('ImportError: no module named lab\n')
  process.exit(1)
}
if (behavior === 'stubborn') process.on('SIGTERM', () => undefined)
const port = Number(args.find((arg) => arg.startsWith('--ServerApp.port=')).split('=')[1])
const token = behavior === 'other-token' ? 'other' : process.env.JUPYTER_TOKEN
const server = createServer((request, response) => {
  if (request.url === '/die') process.exit(3)
  const isAllowed = behavior === 'no-token' || request.headers.authorization === `token ${token}`
  response.writeHead(isAllowed ? 200 : 403).end('{}')
})
if (behavior === 'silent') setInterval(() => undefined, 1000)
else server.listen(port, '127.0.0.1')
