/**
 * The commands with a stand-in for the application: an HTTP server that answers `ok`. What it does
 * on closing, and how it fails, is chosen by STUB_APP. Run as a child process by the tests.
 */
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describeDocument } from '../../src/app/describe-document.ts'
import type { CommandContext } from '../../src/cli/context.ts'
import { explain } from '../../src/cli/explain.ts'
import type { StartApp } from '../../src/cli/running-app.ts'
import { serve } from '../../src/cli/serve.ts'
import { up } from '../../src/cli/up.ts'
import { findLab } from '../../src/jupyter/supervisor/find-lab.ts'
import { startJupyter } from '../../src/jupyter/supervisor/supervisor.ts'
import { DataFolderError } from '../../src/store/data-folder-error.ts'

const behavior = process.env['STUB_APP'] ?? ''

const startApp: StartApp = async ({ config }) => {
  if (behavior === 'locked')
    throw new DataFolderError('locked', config.data.dir, 'The data folder is in use.')
  const server = createServer((_request, response) => response.end('ok'))
  await listen(server, config.server.port, config.server.host)
  if (behavior === 'crash')
    setTimeout(() => {
      throw new Error('stub crash')
    }, 50)
  if (behavior === 'reject')
    setTimeout(() => {
      void Promise.reject(new Error('stub rejection'))
    }, 50)
  const { port } = server.address() as AddressInfo
  process.stderr.write(`stub jupyter ${config.jupyter.url ?? 'none'} ${config.jupyter.token ?? ''}\n`)
  return {
    url: `http://127.0.0.1:${port}/`,
    reload: () => void process.stderr.write('stub reloading\n'),
    async close() {
      process.stderr.write('stub closing\n')
      if (behavior === 'hang') await new Promise(() => undefined)
      server.close()
      process.stderr.write('stub closed\n')
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}

const [name, ...args] = process.argv.slice(2)
const context: CommandContext = {
  args,
  environment: Object.fromEntries(Object.entries(process.env).filter(([key]) => key !== 'STUB_APP')),
  version: '0.0.0',
  print: (text) => process.stdout.write(text),
  note: (text) => process.stderr.write(`${text}\n`),
  isTerminal: process.env['STUB_TERMINAL'] === 'yes',
  exit: (code) => process.exit(code),
  startApp,
  describeDocument,
  findLab,
  startJupyter,
}
try {
  process.exit(await (name === 'up' ? up(context) : serve(context)))
} catch (error) {
  const { exitCode, text } = explain(error, false)
  process.stderr.write(`outrigger: ${text}\n`)
  process.exit(exitCode)
}
