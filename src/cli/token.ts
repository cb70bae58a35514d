import { createHash, randomBytes } from 'node:crypto'
import { ConfigError } from '../config/fault.ts'
import { NAME_HINT, NAME_PATTERN } from '../config/schema-parts.ts'
import { readArguments } from './arguments.ts'
import { type CommandContext, ExitCode } from './context.ts'

/** `ort_` makes a leaked token recognizable for scanners; 256 random bits need no slow hash. */
export function newToken(): string {
  return `ort_${randomBytes(32).toString('base64url')}`
}

/** The form that stands in the configuration. */
export function hashToken(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`
}

/** `outrigger token --user NAME`: a new token for a person, and its hash for the file. */
export async function printToken(context: CommandContext): Promise<number> {
  const name = readArguments(context.args, { valued: ['user'] }).text('user')
  if (name === undefined || !new RegExp(`^${NAME_PATTERN}$`).test(name)) {
    const problem = name === undefined ? 'is missing' : `"${name}" is not ${NAME_HINT}`
    throw new ConfigError([{ key: '--user', problem, fix: 'Write: outrigger token --user NAME' }])
  }
  const token = newToken()
  const lines = [
    `Token for ${name}; it is shown only now, give it to that person:`,
    '',
    `  ${token}`,
    '',
    'Line for the configuration file:',
    '',
    'users:',
    `  - name: ${JSON.stringify(name)}`,
    `    tokens: ["${hashToken(token)}"]`,
  ]
  context.print(`${lines.join('\n')}\n`)
  return ExitCode.fine
}
