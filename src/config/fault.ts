/** Where a value came from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line?: number | undefined }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag'; readonly name: string }
  /** Brought by the command itself, e.g. the two people of `outrigger up`. */
  | { readonly kind: 'command'; readonly name: string }

export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default'
    case 'file':
      return origin.line === undefined ? origin.file : `${origin.file}:${origin.line}`
    case 'environment':
    case 'command':
      return origin.name
    case 'flag':
      return `--${origin.name}`
  }
}

/** One thing that is wrong with the configuration. */
export type Fault = {
  /** Dotted path of the key, or what stands for it (a flag, a file). */
  readonly key: string
  readonly origin?: Origin | undefined
  /** What is wrong: a clause that follows the key. */
  readonly problem: string
  /** What to do: a sentence. */
  readonly fix: string
}

export function formatFault(fault: Fault): string {
  const origin = fault.origin === undefined ? '' : ` (${formatOrigin(fault.origin)})`
  return `${fault.key}${origin}: ${fault.problem}. ${fault.fix}`
}

/** The configuration cannot be used; the command ends with exit code 2. Names every fault at once. */
export class ConfigError extends Error {
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[]) {
    const lines = faults.map(formatFault)
    super(
      lines.length === 1
        ? (lines[0] ?? '')
        : [`${lines.length} things are wrong:`, ...lines.map((line) => `  - ${line}`)].join('\n'),
    )
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/**
 * The world around is not as the configuration says: a port is taken, a folder locked, a server
 * away. The command ends with exit code 1 and prints the one sentence.
 */
export class EnvironmentError extends Error {
  constructor(fault: Fault, options?: ErrorOptions) {
    super(formatFault(fault), options)
    this.name = 'EnvironmentError'
  }
}
