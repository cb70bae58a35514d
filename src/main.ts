#!/usr/bin/env node
/** Reads the command, plugs its parts together, and is the only place that ends the process. */
import { readFile } from 'node:fs/promises'
import type { Command, CommandContext } from './cli/context.ts'
import { explain, isDebugWanted } from './cli/explain.ts'
import { type Environment, processEnvironment } from './config/environment.ts'
import { ConfigError } from './config/fault.ts'
import { closest } from './config/suggest.ts'

/** Loaded on demand: `token` need not wait for the server's modules. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./cli/up.ts')).up,
  serve: async () => (await import('./cli/serve.ts')).serve,
  config: async () => (await import('./cli/show-config.ts')).showConfig,
  backup: async () => (await import('./cli/backup.ts')).backup,
  export: async () => (await import('./cli/export.ts')).exportDocuments,
  resources: async () => (await import('./cli/resources.ts')).resources,
  viewers: async () => (await import('./cli/viewers.ts')).viewers,
  audit: async () => (await import('./cli/audit.ts')).audit,
  token: async () => (await import('./cli/token.ts')).printToken,
  top: async () => (await import('./cli/top.ts')).top,
  profile: async () => (await import('./cli/profile.ts')).profile,
  bench: async () => (await import('./cli/bench.ts')).bench,
  help: async () => (await import('./cli/help.ts')).help,
  version: async () => (await import('./cli/help.ts')).version,
}
const ALIASES: Readonly<Record<string, string>> = { '-h': 'help', '-v': 'version' }

async function main(args: readonly string[], environment: Environment): Promise<number> {
  const [first = 'help', ...rest] = args
  // The load tool has flags of its own, and a help text about them.
  const isHelp = first !== 'bench' && (rest.includes('--help') || rest.includes('-h'))
  const name = isHelp ? 'help' : (ALIASES[first] ?? first.replace(/^--/, ''))
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load !== undefined) return (await load())(await contextFor(rest, environment))
  const guess = closest(name, Object.keys(COMMANDS))
  const fix = guess === undefined ? '`outrigger help` lists them.' : `Did you mean ${guess}?`
  throw new ConfigError([{ key: name, problem: 'is not a command', fix }])
}

async function contextFor(args: readonly string[], environment: Environment): Promise<CommandContext> {
  const facts: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  return {
    args,
    environment,
    version: (facts as { readonly version: string }).version,
    print: (text) => process.stdout.write(text),
    note: (text) => process.stderr.write(`${text}\n`),
    isTerminal: process.stdout.isTTY,
    exit: (code) => process.exit(code),
    startApp: async (options) => (await import('./app.ts')).startApp(options),
    describeDocument: async (...document) =>
      (await import('./app/describe-document.ts')).describeDocument(...document),
    findLab: async (options) => (await import('./jupyter/supervisor/find-lab.ts')).findLab(options),
  }
}

const args = process.argv.slice(2)
const environment = processEnvironment()
try {
  process.exit(await main(args, environment))
} catch (error) {
  const { exitCode, text } = explain(error, isDebugWanted(args, environment))
  process.stderr.write(`outrigger: ${text}\n`)
  process.exit(exitCode)
}
