import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONFIG_FLAGS, readArguments } from '../../src/cli/arguments.ts'
import { isDebugWanted } from '../../src/cli/explain.ts'
import { ConfigError } from '../../src/config/fault.ts'

const ALLOWED = { valued: [...CONFIG_FLAGS, 'root'], plain: ['no-jupyter'] }

test('flags are read with a space or an equals sign', () => {
  const given = readArguments(['--port', '1', '--config=a.yaml', '--no-jupyter', '--root', '/x'], ALLOWED)
  assert.deepEqual(
    [given.text('config'), given.text('root'), given.isSet('no-jupyter'), given.isSet('help')],
    ['a.yaml', '/x', true, false],
  )
  assert.equal(given.flags['port'], '1')
  assert.equal(given.flags['host'], undefined)
})

for (const [args, message] of [
  [['--prot', '1'], /^--prot: is not a flag of this command\. Did you mean --port\?$/],
  [['--no-jupiter'], /Did you mean --no-jupyter\?$/],
  [['--quetzalcoatl'], /`outrigger help` lists the flags\.$/],
  [['--port'], /--port.*`outrigger help`/],
  [['--port', '--host', 'x'], /--port.*`outrigger help`/],
  [['--no-jupyter=1'], /--no-jupyter.*`outrigger help`/],
  [['now'], /now.*`outrigger help`/],
  [['-x'], /-x.*`outrigger help`/],
] as const) {
  test(`the command line "${args.join(' ')}" is refused in one line with the fix`, () => {
    assert.throws(
      () => readArguments(args, ALLOWED),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.match(error.message, message)
        assert.ok(!error.message.includes('\n'))
        return true
      },
    )
  })
}

test('debug is wanted by flag or by environment only', () => {
  assert.equal(isDebugWanted(['--log-level', 'debug'], {}), true)
  assert.equal(isDebugWanted(['--log-level=debug'], {}), true)
  assert.equal(isDebugWanted([], { OUTRIGGER_LOG_LEVEL: 'debug' }), true)
  assert.equal(isDebugWanted(['--data', 'debug'], { OUTRIGGER_LOG_LEVEL: 'info' }), false)
})
