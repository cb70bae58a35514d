import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { planBench } from '../../../bench/plan/options.ts'
import { parsePlan } from '../../../bench/plan/plan-file.ts'
import { PLAIN_GROUP, PLAIN_RAMP, PLAIN_SCENARIO } from '../../../bench/plan/scenario.ts'
import {
  DOCUMENT_FIELDS,
  GROUP_FIELDS,
  KILL_FIELDS,
  RAMP_FIELDS,
  SCENARIO_FIELDS,
} from '../../../bench/plan/schema.ts'
import { ConfigError } from '../../../src/config/fault.ts'

const EXAMPLE = new URL('../../../config/bench-plan.yaml', import.meta.url)

test('config/bench-plan.yaml is a plan, and its commented keys are as well', () => {
  const text = readFileSync(EXAMPLE, 'utf8')
  const planned = planBench(['--plan', 'config/bench-plan.yaml'], { roomPrefix: 'r', readFile: () => text })
  assert.equal(planned.kind, 'run')
  if (planned.kind !== 'run') return
  assert.deepEqual(
    planned.draft.groups.map(({ name, document }) => [name, document.bytes]),
    [
      ['lesson', 200_000],
      ['latecomers', 50_000],
    ],
  )
  assert.equal(planned.draft.warmUpSeconds, 2)
  const shown = text.split('\n').filter((line) => /^# (ramp|kill): \{/.test(line))
  assert.equal(shown.length, 2)
  for (const line of shown) assert.equal(Object.keys(parsePlan(line.slice(2), 'x')).length, 1, line)
})

test('quantities become numbers in the unit of their key', () => {
  const plan = parsePlan(
    'forSeconds: 1500ms\nramp: {p99Ms: 0.2s, stepSeconds: 2}\ngroups: [{outputBytesPerSecond: 1MB, renewSeconds: 15}]',
    'p.yaml',
  )
  assert.deepEqual(plan, {
    forSeconds: 1.5,
    ramp: { p99Ms: 200, stepSeconds: 2 },
    groups: [{ outputBytesPerSecond: 1_000_000, renewSeconds: 15 }],
  })
})

test('an empty file changes nothing', () => assert.deepEqual(parsePlan('', 'p.yaml'), {}))

test('the schema knows the keys of a scenario, and no others', () => {
  const keys = (value: object): string[] => Object.keys(value).toSorted()
  assert.deepEqual(keys(GROUP_FIELDS), keys(PLAIN_GROUP))
  assert.deepEqual(keys(DOCUMENT_FIELDS), keys(PLAIN_GROUP.document))
  assert.deepEqual(keys(RAMP_FIELDS), keys(PLAIN_RAMP))
  assert.deepEqual(keys(KILL_FIELDS), ['after', 'seconds'])
  for (const key of keys(PLAIN_SCENARIO)) assert.ok(key in SCENARIO_FIELDS, key)
})

for (const [what, text, message] of [
  ['unknown keys', 'name: a\nforSecond: 3', /^forSecond \(p\.yaml:2\): .*Did you mean forSeconds\?/],
  ['unknown keys of a group', 'groups:\n  - clints: 3', /^groups\[0\]\.clints.*Did you mean clients\?/],
  [
    'wrong values',
    'name: a\ngroups:\n  - clients: 3\n    rate: fast',
    /^groups\[0\]\.rate \(p\.yaml:4\): "fast" is not a number/,
  ],
  ['wrong times', 'drainSeconds: soon', /^drainSeconds \(p\.yaml:1\): "soon" is not a time, such as 30s/],
  [
    'wrong words',
    'groups: [{document: {shape: notebok}}]',
    /^groups\[0\]\.document\.shape.*Did you mean notebook\?/,
  ],
  ['missing keys', 'kill: {seconds: 3}', /^kill.*lacks after/],
  ['credentials', 'token: secret', /^token.*is not a key of a plan/],
  ['no groups', 'groups: []', /^groups.*a list of groups/],
  ['lists', '- 1', /^The plan.*a list is not a map/],
  ['broken YAML', 'a: [', /^The plan \(p\.yaml:1\): is not valid YAML/],
] as const) {
  test(`${what} are refused with key, line and fix`, () => {
    assert.throws(
      () => parsePlan(text, 'p.yaml'),
      (error) => {
        assert.ok(error instanceof ConfigError, String(error))
        assert.match(error.message, message)
        return true
      },
    )
  })
}

test('every fault is told at once', () => {
  assert.throws(() => parsePlan('seed: x\nworkers: 0\nnme: a', 'p.yaml'), /3 things are wrong/)
})
