import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { newToken } from '../../src/cli/token.ts'
import { bundle, runCli } from '../support/run-cli.ts'
import { tempDir } from '../support/temp-dir.ts'

test('outrigger help lists the commands and the flags, also without a command', async () => {
  for (const args of [[], ['serve', '--help']]) {
    const { code, stdout } = await runCli(args)
    assert.equal(code, 0)
    for (const text of [
      'up',
      'serve',
      'config',
      'token --user NAME',
      'top',
      'profile --seconds 10',
      'bench',
      '--jupyter-token-file FILE',
      '--no-jupyter',
    ]) {
      assert.ok(stdout.includes(text), text)
    }
  }
})

test('outrigger version prints the version of package.json', async () => {
  const facts = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  assert.deepEqual(await runCli(['version']), { code: 0, stdout: `${facts.version}\n`, stderr: '' })
})

test('outrigger token prints a token and lines that the configuration takes', async (t) => {
  const { code, stdout } = await runCli(['token', '--user', 'ada'])
  assert.equal(code, 0)
  const token = /ort_[A-Za-z0-9_-]{43}/.exec(stdout)?.[0] ?? ''
  const lines = stdout.slice(stdout.indexOf('users:'))
  const hash = `sha256:${createHash('sha256').update(token).digest('hex')}`
  assert.deepEqual(parse(lines), { users: [{ name: 'ada', tokens: [hash] }] })
  const file = join(await tempDir(t), 'config.yaml')
  await writeFile(file, `${lines}resource: {owner: "user:ada"}\n`)
  const shown = await runCli(['config', '--config', file])
  assert.equal(shown.code, 0, shown.stderr)
  assert.ok(!shown.stdout.includes(hash))
  assert.notEqual(newToken(), newToken())
})

test('outrigger token without a usable name ends with 2', async () => {
  for (const args of [['token', '--user', 'a b']]) {
    const { code, stderr } = await runCli(args)
    assert.equal(code, 2)
    assert.match(stderr, /--user.*outrigger token --user NAME/)
  }
})

test('outrigger config prints values with origins, and also tells what is wrong between keys', async () => {
  const open = await runCli(['config', '--auth', 'open', '--port=0'], {
    environment: { OUTRIGGER_LOG_LEVEL: 'warn' },
  })
  assert.equal(open.code, 0)
  assert.match(open.stdout, /port: 0 # --port\n/)
  assert.match(open.stdout, /level: warn # OUTRIGGER_LOG_LEVEL\n/)
  const lonely = await runCli(['config'])
  assert.equal(lonely.code, 2)
  assert.match(lonely.stdout, /port: 8890 # default/)
  assert.match(lonely.stderr, /needs users/)
})

test('outrigger config --defaults prints config/default.yaml', async () => {
  const { stdout } = await runCli(['config', '--defaults'])
  assert.equal(stdout, await readFile(new URL('../../config/default.yaml', import.meta.url), 'utf8'))
})

test('outrigger bench is the load tool, with a help text and faults of its own', async () => {
  const help = await runCli(['bench', '--help'])
  assert.equal(help.code, 0, help.stderr)
  assert.match(help.stdout, /^ {2}--profile NAME/m)
  const wrong = await runCli(['bench', '--roms', '3'])
  assert.deepEqual(wrong, {
    code: 2,
    stdout: '',
    stderr: 'outrigger bench: --roms: is not a flag of the load tool. Did you mean --rooms?\n',
  })
})

test('outrigger bench without the load tool says how to get it', async (t) => {
  // A copy in a folder of its own, where nothing was built.
  const file = await bundle('src/cli/bench.ts', await tempDir(t))
  const { bench } = (await import(file)) as { bench: (context: object) => Promise<number> }
  await assert.rejects(
    bench({ args: [] }),
    /bench: the load tool is not part of this build\. Run `npm run build`/,
  )
})

test('a wrong command line ends with 2, one line and no stack', async () => {
  const cases: readonly [readonly string[], RegExp][] = [
    [['serv'], /^outrigger: serv: is not a command. Did you mean serve\?\n$/],
    [['serve', '--prot', '1'], /^outrigger: --prot: is not a flag of this command. Did you mean --port\?\n$/],
    [['up', '--port', 'x', '--auth', 'y'], /2 things are wrong:\n {2}- server.port.*\n {2}- auth.mode.*\n$/],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runCli(args)
    assert.equal(code, 2, args.join(' '))
    assert.match(stderr, message)
    assert.equal(stdout, '')
  }
})

test('a stack is printed with --log-level debug', async () => {
  const { stderr } = await runCli(['serve', '--auth', 'nonsense', '--log-level', 'debug'])
  assert.match(stderr, /^outrigger: auth\.mode.*\n.*\n\s+at /)
})
