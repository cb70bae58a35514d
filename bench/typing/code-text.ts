/** Text as people write it in notebooks and files. Nothing beyond the basic multilingual plane. */
import { between, isLucky, pick, type Random } from './random.ts'

const NAMES = [
  'df',
  'result',
  'values',
  'model',
  'x_train',
  'y_pred',
  'index',
  'batch',
  'rows',
  'total',
  'weights',
  'mean',
  'station',
  'samples',
  'loss',
  'config',
  'path',
  'figure',
  'ax',
  'grouped',
  'temperature',
  'offset',
] as const
const CALLS = [
  'np.arange',
  'np.where',
  'pd.read_csv',
  'pd.concat',
  'plt.plot',
  'ax.set_title',
  'model.fit',
  'sorted',
  'load_table',
  'compute_mean',
  'normalize',
  'train_test_split',
  'print',
  'json.dumps',
  'resample',
] as const
const MODULES = [
  'numpy as np',
  'pandas as pd',
  'matplotlib.pyplot as plt',
  'json',
  'pathlib',
  'seaborn as sns',
] as const
const WORDS = [
  'the',
  'measured',
  'values',
  'of',
  'each',
  'station',
  'are',
  'grouped',
  'by',
  'day',
  'and',
  'then',
  'compared',
  'with',
  'last',
  'year',
  'as',
  'a',
  'check',
  'we',
  'drop',
  'rows',
  'without',
  'temperature',
  'naïve',
  'größer',
  '→',
  'Δt',
  '値',
] as const

const LINES: readonly ((random: Random) => string)[] = [
  (random) => `${name(random)} = ${call(random)}`,
  (random) => `${name(random)} = ${call(random)}`,
  (random) => call(random),
  (random) => `import ${pick(random, MODULES)}`,
  (random) => `for ${name(random)} in ${name(random)}:`,
  (random) => `    ${name(random)}.append(${call(random)})`,
  (random) => `    if ${name(random)} > ${between(random, 0, 999)}:`,
  (random) => `        ${name(random)} += ${between(random, 1, 20)}`,
  (random) => `def ${name(random)}_of(${name(random)}, ${name(random)}=${between(random, 0, 9)}):`,
  (random) => `    return ${name(random)} / ${name(random)}`,
  (random) => `# ${prose(random, between(random, 3, 8))}`,
  (random) =>
    `${name(random)}['${name(random)}'] = ${name(random)}.${name(random)}.rolling(${between(random, 2, 30)})`,
]

/** A line without its end. */
export function codeLine(random: Random): string {
  return pick(random, LINES)(random)
}

export function codeLines(random: Random, count: number): string {
  return Array.from({ length: count }, () => codeLine(random)).join('\n')
}

/** Characters one after the other, line by line, without end. */
export function* codeCharacters(random: Random): Generator<string, never> {
  for (;;) yield* `${codeLine(random)}\n`
}

/** Code of exactly this many UTF-16 units. */
export function codeOfLength(random: Random, length: number): string {
  const lines: string[] = []
  for (let left = length; left > 0;) {
    const line = `${codeLine(random)}\n`.slice(0, left)
    lines.push(line)
    left -= line.length
  }
  return lines.join('')
}

export function prose(random: Random, words: number): string {
  return Array.from({ length: words }, () => pick(random, WORDS)).join(' ')
}

/** What a cell prints: of exactly this many UTF-16 units, ASCII. */
export function logOfLength(random: Random, length: number): string {
  const lines: string[] = []
  for (let left = length; left > 0;) {
    const line = `step ${between(random, 1, 9999)}: loss=${random.next().toFixed(6)} ${name(random)}\n`.slice(
      0,
      left,
    )
    lines.push(line)
    left -= line.length
  }
  return lines.join('')
}

/** Does not compress, as a plot does not. The length is rounded up to a multiple of 4. */
export function base64OfLength(random: Random, length: number): string {
  const bytes = Buffer.alloc(Math.ceil(length / 4) * 3)
  // 24 bits at a time: what fits is also what base64 turns into 4 characters.
  for (let i = 0; i < bytes.length; i += 3) bytes.writeUIntLE(Math.floor(random.next() * 2 ** 24), i, 3)
  return bytes.toString('base64')
}

function name(random: Random): string {
  return pick(random, NAMES)
}

function call(random: Random): string {
  const second = isLucky(random, 0.5) ? `, ${pick(random, NAMES)}=${between(random, 0, 500)}` : ''
  return `${pick(random, CALLS)}(${name(random)}${second})`
}
