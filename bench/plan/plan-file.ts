/** A whole scenario in YAML. The keys are those of `Scenario`; config/bench-plan.yaml is an example. */
import { LineCounter, isMap, isNode, isSeq, parseDocument } from 'yaml'
import { ConfigError, type Origin } from '../../src/config/fault.ts'
import { type Path, faultsOf, withQuantities } from './check-fields.ts'
import type { ScenarioPart } from './draft.ts'
import { PLAN_SCHEMA } from './schema.ts'

/** `name` is how messages call the file. Throws a ConfigError that names every fault with its line. */
export function parsePlan(text: string, name: string): ScenarioPart {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): Origin => ({ kind: 'file', file: name, line: lines.linePos(offset).line })
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.map(({ message, pos }) => ({
        key: 'The plan',
        origin: at(pos[0]),
        problem: `is not valid YAML: ${message}`,
        fix: 'Correct that line.',
      })),
    )
  const value = withQuantities(PLAN_SCHEMA, document.toJS() ?? {})
  const faults = faultsOf({
    field: PLAN_SCHEMA,
    value,
    nameOf: keyOf,
    originOf: (path) => at(offsetOf(document.contents, path)),
  })
  if (faults.length > 0) throw new ConfigError(faults)
  return value as ScenarioPart
}

function keyOf(path: Path): string {
  if (path.length === 0) return 'The plan'
  return path.reduce<string>(
    (key, step) => (typeof step === 'number' ? `${key}[${step}]` : key === '' ? step : `${key}.${step}`),
    '',
  )
}

/** Of the innermost part of the path that exists. */
function offsetOf(root: unknown, path: Path): number {
  let node = root
  for (const step of path) {
    const next: unknown = isMap(node) || isSeq(node) ? node.get(step, true) : undefined
    if (!isNode(next)) break
    node = next
  }
  return (isNode(node) ? node.range?.[0] : undefined) ?? 0
}
