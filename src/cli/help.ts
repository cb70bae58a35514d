import { FLAGS } from '../config/flags.ts'
import { KEYS } from '../config/schema.ts'
import { type CommandContext, ExitCode } from './context.ts'

const COMMANDS = [
  ['up', 'everything on this machine: finds, installs and starts JupyterLab'],
  ['serve', 'the server alone, beside a Jupyter server that already runs'],
  ['config', 'prints the effective configuration and where each value comes from'],
  ['token --user NAME', 'makes a token for a person'],
  ['viewers [list]', 'who may come to a running server beside its owner, until when, and since when'],
  ['viewers add SUBJECT', 'gives user:NAME or group:NAME access: --access none|read|edit, --expires 2d'],
  ['viewers change SUBJECT', 'another --access or --expires; "never" lets it last'],
  ['viewers remove SUBJECT', 'takes that away; whoever is inside is out at once'],
  ['resources', 'the servers that you may see, their owners, and what you may do there'],
  ['audit', 'who came to a running server, who was turned away, who changed what'],
  ['top', 'what goes on in a running server, each second: rooms, rates, lag, memory'],
  ['profile --seconds 10 > FILE', 'what a running server does with its time, as a .cpuprofile'],
  ['backup DIR', 'copies the data folder into a new one, also while a server uses it'],
  ['export DIR', 'writes every document as a file; a server may be using them'],
  ['bench', 'the load tool; `outrigger bench --help` lists its flags'],
  ['help, version', 'this text, the version'],
] as const

const OTHER_FLAGS = [
  ['--config FILE', 'YAML file (all commands but token); see config/default.yaml'],
  ['--no-jupyter', 'up only: plain rooms, no JupyterLab'],
  ['--root FOLDER', 'up only: the folder whose files JupyterLab shows (default: this folder)'],
  ['--url ADDRESS', 'commands that ask a running server: where it is (default: http://127.0.0.1:8890/)'],
  ['--token TOKEN', 'the same: who asks, also as OUTRIGGER_TOKEN; most of them need an owner'],
  ['--data FOLDER', "the same: the owner's token out of the data folder of `up`"],
  ['--once, --json', 'top: one picture, as text or as JSON; without a terminal always one'],
  ['--json', 'viewers, resources, audit: JSON instead of a table'],
  ['--resource NAME', 'viewers, audit: which one, where the server has several'],
  ['--since 2d', 'audit only, as are --until, --actor NAME, --action join, --limit 100'],
  ['--defaults', 'config only: prints every key with its default and its meaning'],
] as const

/** `outrigger help`. */
export async function help(context: CommandContext): Promise<number> {
  context.print(helpText())
  return ExitCode.fine
}

/** `outrigger version`. */
export async function version(context: CommandContext): Promise<number> {
  context.print(`${context.version}\n`)
  return ExitCode.fine
}

function helpText(): string {
  const flags = FLAGS.map(({ name, key, placeholder }) => {
    const schema = KEYS.get(key)
    const fallback = schema?.default === undefined ? '' : ` (default: ${JSON.stringify(schema.default)})`
    return [`--${name} ${placeholder}`, `${key}${fallback}`] as const
  })
  return [
    'Outrigger: people edit one notebook together, beside a Jupyter server.',
    '',
    'Usage: outrigger COMMAND [FLAGS]',
    '',
    ...table(COMMANDS),
    '',
    'Flags of up, serve, config, backup and export, with the key they set:',
    ...table(flags),
    '',
    'Other flags:',
    ...table(OTHER_FLAGS),
    '',
    'Each flag that sets a key is also an environment variable: --log-level is OUTRIGGER_LOG_LEVEL.',
    'The token of the Jupyter server can be given as OUTRIGGER_JUPYTER_TOKEN.',
    '',
  ].join('\n')
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
