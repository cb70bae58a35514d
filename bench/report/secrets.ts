/** What must not stand in a report that people send around. */
import type { RunResult } from '../result.ts'

const MASK = '…'

/** Without credentials, also where they are part of the address. */
export function withoutSecrets(result: RunResult): RunResult {
  const { token: _, cookie: __, url, ...rest } = result.scenario
  return { ...result, scenario: { ...rest, url: maskUrl(url) } }
}

/** As typed, with the values of the flags that hold secrets masked. */
export function maskCommand(args: readonly string[]): string {
  const secret = ['--token', '--cookie']
  const masked = args.map((arg, index) => {
    if (secret.includes(args[index - 1] ?? '')) return MASK
    const flag = secret.find((name) => arg.startsWith(`${name}=`))
    return flag === undefined ? quoted(maskUrl(arg)) : `${flag}=${MASK}`
  })
  return ['outrigger bench', ...masked].join(' ')
}

function maskUrl(text: string): string {
  return text
    .replace(/([?&](?:token|access_token|key|sessionId)=)[^&#\s]+/gi, `$1${MASK}`)
    .replace(/(:\/\/)[^/@\s]+@/, `$1${MASK}@`)
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
