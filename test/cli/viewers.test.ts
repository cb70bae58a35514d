/** `outrigger viewers` and `outrigger resources`, against a real server. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Command } from '../../src/cli/context.ts'
import { explain } from '../../src/cli/explain.ts'
import { resources } from '../../src/cli/resources.ts'
import { viewers } from '../../src/cli/viewers.ts'
import { type ManagedApp, type Name, managedApp, tokenOf } from '../support/managed-app.ts'
import { runCli } from '../support/run-cli.ts'

type Outcome = { readonly code: number; readonly out: string; readonly err: string }

/** As `main.ts` does it, in this process. */
async function run(
  app: ManagedApp,
  command: Command,
  args: readonly string[],
  as: Name = 'ada',
): Promise<Outcome> {
  const said = { out: '', err: '' }
  const context = {
    args: [...args, '--url', app.url],
    environment: as === 'nobody' ? {} : { OUTRIGGER_TOKEN: tokenOf(as) },
    version: '0.0.0',
    print: (text: string) => void (said.out += text),
    note: (text: string) => void (said.err += `${text}\n`),
    isTerminal: false,
  }
  try {
    return { code: await command(context as unknown as Parameters<Command>[0]), ...said }
  } catch (error) {
    const { exitCode, text } = explain(error, false)
    return { code: exitCode, out: said.out, err: `${said.err}${text}\n` }
  }
}

async function withApp(t: TestContext) {
  const app = await managedApp(t)
  return async (line: string, as?: Name) => {
    const [name, ...args] = line.split(' ')
    return await run(app, name === 'viewers' ? viewers : resources, args, as)
  }
}

test('viewers are added, listed, changed and removed from the command line', async (t) => {
  const ask = await withApp(t)
  const added = await ask('viewers add user:sam --access read --expires 2d')
  assert.equal(added.code, 0, added.err)
  assert.equal(added.err, '')
  assert.match(
    added.out,
    /^SUBJECT +ACCESS +EXPIRES +FROM\nuser:sam +read +\d{4}-\d\d-\d\d \d\d:\d\dZ +added by ada 20/,
  )
  const listed = await ask('viewers')
  assert.match(listed.out, /^group:team +edit +never +\/.*team\.yaml:\d+$/m)
  assert.match(listed.out, /^user:sam +read +20/m)
  assert.equal((await ask('viewers list')).out, listed.out)
  assert.match(
    (await ask('viewers change user:sam --access edit --expires never')).out,
    /^user:sam +edit +never/m,
  )
  const removed = await ask('viewers remove user:sam')
  assert.deepEqual(removed, { code: 0, out: 'user:sam has no access by this any more.\n', err: '' })
  assert.doesNotMatch((await ask('viewers')).out, /sam/)
})

test('with --json viewers and resources are for programs', async (t) => {
  const ask = await withApp(t)
  const added = JSON.parse((await ask('viewers add user:sam --access none --json')).out) as { id: string }
  const listed = JSON.parse((await ask('viewers --json')).out) as { id: string }[]
  assert.equal(listed.at(-1)?.id, added.id)
  const [resource] = JSON.parse((await ask('resources --json')).out) as Record<string, unknown>[]
  assert.equal(resource?.['owner'], 'user:ada')
})

test('outrigger resources says what the caller may do', async (t) => {
  const ask = await withApp(t)
  const { code, out } = await ask('resources', 'lin')
  assert.equal(code, 0)
  assert.equal(out, 'NAME        OWNER     YOU MAY  STATE  PATH\nlab-server  user:ada  read     none   /\n')
})

test('a name that nobody has is taken, with a note', async (t) => {
  const ask = await withApp(t)
  const { code, err } = await ask('viewers add user:sma --access read')
  assert.equal(code, 0)
  assert.match(err, /^Note: The configuration knows no user "sma"\. Did you mean sam\?\n$/)
})

test('what cannot be is told with its fix, and an exit code', async (t) => {
  const ask = await withApp(t)
  const cases: readonly (readonly [line: string, code: number, err: RegExp, as?: Name])[] = [
    ['viewers add', 2, /^SUBJECT: is missing\. Write: outrigger viewers add user:NAME --access read/],
    [
      'viewers add sam --access read',
      2,
      /^sam: is neither a user nor a group\. Write user:sam or group:sam\./,
    ],
    ['viewers add user:sam', 2, /^--access: is missing/],
    ['viewers add user:sam --access run', 2, /^--access: "run" is not one of none, read, edit/],
    ['viewers ad user:sam', 2, /^viewers ad: is not a command\. Did you mean add\?/],
    ['viewers change user:lin', 2, /^user:lin: would stay as it is/],
    ['viewers remove user:lim', 2, /^user:lim: is no viewer of this server\. Did you mean user:lin\?/],
    ['viewers --json user:lin', 2, /^user:lin: is too much/],
    ['viewers add user:sam --access read --expires soon', 1, /the server says: expires: "soon" is neither/],
    [
      'viewers remove user:lin',
      1,
      /the server says: user:lin is declared in .*team\.yaml:\d+: change it there/,
    ],
    ['viewers --resource other', 1, /^--resource: there is no "other" here\. This server has: lab-server\./],
    ['viewers', 1, /^--token: this person may not see that here/, 'lin'],
    ['viewers', 1, /no Outrigger of this version .*, or not for this person/, 'sam'],
    ['viewers', 1, /^--token: this server wants to know who asks/, 'nobody'],
  ]
  for (const [line, code, err, as] of cases) {
    const outcome = await ask(line, as)
    assert.match(outcome.err, err, line)
    assert.equal(outcome.code, code, line)
    assert.equal(outcome.out, '', line)
  }
})

test('the commands are known to the program and its help', async () => {
  const help = await runCli(['help'])
  for (const command of ['viewers add SUBJECT', 'resources'])
    assert.match(help.stdout, new RegExp(`^ {2}${command} `, 'm'))
  const { code, stderr } = await runCli(['viewers', 'add'])
  assert.equal(code, 2)
  assert.match(stderr, /^outrigger: SUBJECT: is missing/)
})
