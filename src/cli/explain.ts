import type { Environment } from '../config/environment.ts'
import { ConfigError, EnvironmentError, type Fault, formatFault } from '../config/fault.ts'
import { DataFolderError } from '../store/data-folder-error.ts'
import { EntryStreamError } from '../store/entry-stream.ts'
import { ExitCode } from './context.ts'

export function isDebugWanted(args: readonly string[], environment: Environment): boolean {
  const isFlag = args.some((arg, index) => arg === 'debug' && args[index - 1] === '--log-level')
  return isFlag || args.includes('--log-level=debug') || environment['OUTRIGGER_LOG_LEVEL'] === 'debug'
}

export type Explanation = { readonly exitCode: number; readonly text: string }

/**
 * What a person is told about a fault that ends the command: one message, with the key and the fix.
 * The stack is for those who ask for it.
 */
export function explain(error: unknown, isDebug: boolean): Explanation {
  const told = tell(error)
  return isDebug && error instanceof Error ? { ...told, text: `${told.text}\n${error.stack ?? ''}` } : told
}

function tell(error: unknown): Explanation {
  if (error instanceof ConfigError) return { exitCode: ExitCode.configuration, text: error.message }
  if (error instanceof EnvironmentError) return { exitCode: ExitCode.environment, text: error.message }
  if (error instanceof DataFolderError) {
    return { exitCode: ExitCode.environment, text: `data.dir: ${error.message}` }
  }
  if (error instanceof EntryStreamError) return { exitCode: ExitCode.environment, text: error.message }
  const fault = knownFault(error)
  if (fault !== undefined) return { exitCode: ExitCode.environment, text: formatFault(fault) }
  const message = error instanceof Error ? error.message : String(error)
  return {
    exitCode: ExitCode.environment,
    text: `Unexpected: ${message}. Run it again with --log-level debug to see where.`,
  }
}

type SystemError = Error & {
  readonly code: string
  readonly syscall?: string
  readonly path?: string
  readonly address?: string
  readonly hostname?: string
  readonly port?: number
}

/** Faults of the operating system that have one usual cause here. */
function knownFault(error: unknown): Fault | undefined {
  if (!isSystemError(error)) return undefined
  if (error.syscall === 'listen' || error.syscall === 'getaddrinfo') return listenFault(error)
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
      return {
        key: 'data.dir',
        problem: `${error.path ?? 'the folder'} cannot be written (${error.code})`,
        fix: 'Give this user the right to write there, or choose another folder with --data FOLDER.',
      }
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        key: 'data.dir',
        problem: `there is no space left at ${error.path ?? 'the folder'}`,
        fix: 'Free some, or choose another folder with --data FOLDER.',
      }
    default:
      return undefined
  }
}

function listenFault(error: SystemError): Fault | undefined {
  switch (error.code) {
    case 'EADDRINUSE':
      return {
        key: 'server.port',
        problem: `port ${error.port ?? ''} on ${error.address ?? 'this host'} is taken by another program`,
        fix: 'Stop that program, or choose another port with --port NUMBER (0 takes any free one).',
      }
    case 'EACCES':
      return {
        key: 'server.port',
        problem: `this user may not use port ${error.port ?? ''}`,
        fix: 'Choose one above 1023 with --port NUMBER.',
      }
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        key: 'server.host',
        problem: `${error.address ?? error.hostname ?? 'the address'} is not an address of this machine`,
        fix: 'Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses.',
      }
    default:
      return undefined
  }
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}
