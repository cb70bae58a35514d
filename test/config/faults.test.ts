import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ConfigError } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import { tempDir } from '../support/temp-dir.ts'

const HASH = `sha256:${'a'.repeat(64)}`
const OTHER_HASH = `sha256:${'b'.repeat(64)}`
const OPEN = 'auth: {mode: open}\n'
const PEOPLE = `users: [{name: ada, tokens: ["${HASH}"]}]\n`

type Case = {
  readonly title: string
  readonly yaml?: string
  readonly environment?: Record<string, string>
  readonly flags?: Record<string, string>
  /** Every text must be in the message: the key, where it came from, and the fix. */
  readonly says: readonly string[]
  /** Must not be in the message. */
  readonly hides?: string
}

const CASES: readonly Case[] = [
  {
    title: 'a misspelt key of a section',
    yaml: `${OPEN}server:\n  prot: 1\n`,
    says: ['server.prot', 'config.yaml:3', 'Did you mean server.port?'],
  },
  {
    title: 'a misspelt section',
    yaml: `${OPEN}sever: {port: 1}\n`,
    says: ['sever', ':2', 'Did you mean server?'],
  },
  {
    title: 'a key at the top that belongs into a section',
    yaml: `${OPEN}port: 1\n`,
    says: ['port', 'Did you mean server.port?'],
  },
  {
    title: 'a key in the wrong section',
    yaml: `${OPEN}server: {idleUnloadMs: 1}\n`,
    says: ['server.idleUnloadMs', 'Did you mean rooms.idleUnloadMs?'],
  },
  {
    title: 'an unknown key that resembles nothing',
    yaml: `${OPEN}server: {quetzalcoatl: 1}\n`,
    says: ['server.quetzalcoatl', 'See config/default.yaml'],
  },
  {
    title: 'a section with a value instead of keys',
    yaml: `${OPEN}server: 8890\n`,
    says: ['server', 'Write its keys below it'],
  },
  {
    title: 'a key without a value',
    yaml: `${OPEN}server: {port: }\n`,
    says: ['server.port', 'has no value'],
  },
  {
    title: 'a file that is a list',
    yaml: '- server\n',
    says: ['does not hold a map', 'config/default.yaml'],
  },
  { title: 'broken YAML', yaml: 'server: {port: 1\nauth: [', says: ['config.yaml:', 'not valid YAML'] },
  {
    title: 'the same key twice',
    yaml: `${OPEN}log: {level: info}\nlog: {level: warn}\n`,
    says: ['config.yaml:3', 'unique'],
  },
  {
    title: 'a quoted number in the file',
    yaml: `${OPEN}server: {port: "8890"}\n`,
    says: ['server.port', '"8890" is not a whole number from 0 to 65535', 'Remove the quotes'],
  },
  {
    title: 'a text for a number in the environment',
    environment: { OUTRIGGER_AUTH: 'open', OUTRIGGER_PORT: 'http' },
    says: ['server.port', 'OUTRIGGER_PORT', '"http" is not a whole number', '8890'],
  },
  {
    title: 'a number out of range on the command line',
    flags: { auth: 'open', port: '70000' },
    says: ['server.port', '--port', '70000 is not a whole number from 0 to 65535'],
  },
  {
    title: 'a misspelt choice',
    yaml: `${OPEN}data: {fsync: allways}\n`,
    says: ['data.fsync', 'one of always, everysec, never', 'Did you mean always?'],
  },
  {
    title: 'a word for yes or no that is neither',
    environment: { OUTRIGGER_AUTH: 'open', OUTRIGGER_SERVER_ALLOW_OPEN_ON_NETWORK: 'yes' },
    says: ['server.allowOpenOnNetwork', 'OUTRIGGER_SERVER_ALLOW_OPEN_ON_NETWORK', 'true or false'],
  },
  {
    title: 'a star as an allowed origin',
    yaml: `${OPEN}server: {allowedOrigins: ["*"]}\n`,
    says: ['server.allowedOrigins[0]', 'no path and no *'],
  },
  {
    title: 'an unknown variable',
    environment: { OUTRIGGER_AUTH: 'open', OUTRIGGER_HOTS: 'x' },
    says: ['OUTRIGGER_HOTS', 'Did you mean OUTRIGGER_HOST?'],
  },
  {
    title: 'a list of people in the environment',
    environment: { OUTRIGGER_AUTH: 'open', OUTRIGGER_USERS: 'ada' },
    says: ['users', 'OUTRIGGER_USERS', 'Write it into the file'],
  },
  {
    title: 'open mode on the network',
    flags: { auth: 'open', host: '0.0.0.0' },
    says: ['auth.mode', '--auth', 'server.host 127.0.0.1', 'server.allowOpenOnNetwork'],
  },
  {
    title: 'config mode without users',
    says: ['auth.mode', 'default', 'config/team.yaml', '--auth open'],
  },
  { title: 'config mode without an owner', yaml: PEOPLE, says: ['resource.owner', 'owner: user:NAME'] },
  {
    title: 'an owner that is neither user nor group',
    yaml: `${PEOPLE}resource: {owner: ada}\n`,
    says: ['resource.owner', 'user:NAME'],
  },
  {
    title: 'an owner that does not exist',
    yaml: `${PEOPLE}resource: {owner: user:adda}\n`,
    says: ['resource.owner', 'no user "adda"', 'Did you mean ada?'],
  },
  {
    title: 'an owning group that does not exist',
    yaml: `${PEOPLE}resource: {owner: group:lab}\n`,
    says: ['resource.owner', 'no group "lab"', 'Add it to groups'],
  },
  {
    title: 'a viewer that does not exist',
    yaml: `${PEOPLE}resource:\n  owner: user:ada\n  viewers:\n    - user: ada\n    - user: bob\n`,
    says: ['resource.viewers[1]', 'config.yaml:6', 'no user "bob"'],
  },
  {
    title: 'a viewer that names nobody',
    yaml: `${PEOPLE}resource: {owner: user:ada, viewers: [{access: read}]}\n`,
    says: ['resource.viewers[0]', 'names nobody', 'exactly one'],
  },
  {
    title: 'a viewer that names a user and a group',
    yaml: `${PEOPLE}groups: {g: [ada]}\nresource: {owner: user:ada, viewers: [{user: ada, group: g}]}\n`,
    says: ['resource.viewers[0]', 'a user and a group at once'],
  },
  ...['2027-13-01', '2027-01-31T25:00Z'].map((time) => ({
    title: `a viewer until a time that does not exist, ${time}`,
    yaml: `${PEOPLE}resource: {owner: user:ada, viewers: [{user: ada, expires: "${time}"}]}\n`,
    says: ['resource.viewers[0].expires', `there is no time "${time}"`, '2027-01-31'],
  })),
  ...['run', 'comment'].map((word) => ({
    title: `the reserved access "${word}"`,
    yaml: `${PEOPLE}resource: {owner: user:ada, viewers: [{user: ada, access: ${word}}]}\n`,
    says: ['resource.viewers[0].access', `"${word}" is a reserved word`, 'read, edit'],
  })),
  {
    title: 'a misspelt key of a viewer',
    yaml: `${PEOPLE}resource: {owner: user:ada, viewers: [{user: ada, acess: read}]}\n`,
    says: ['resource.viewers[0].acess', 'Did you mean access?'],
  },
  {
    title: 'a member of a group that does not exist',
    yaml: `${PEOPLE}groups: {lab: [ada, eve]}\nresource: {owner: group:lab}\n`,
    says: ['groups.lab[1]', 'no user "eve"'],
  },
  {
    title: 'a group name outside the grammar',
    yaml: `${PEOPLE}groups: {"a b": []}\nresource: {owner: user:ada}\n`,
    says: ['groups.a b', 'is not a name'],
  },
  {
    title: 'a user name outside the grammar',
    yaml: `users: [{name: "../x", tokens: ["${HASH}"]}]\nresource: {owner: user:ada}\n`,
    says: ['users[0].name', 'is not a name'],
  },
  {
    title: 'a user without tokens',
    yaml: 'users: [{name: ada}]\nresource: {owner: user:ada}\n',
    says: ['users[0]', 'lacks tokens'],
  },
  {
    title: 'a token that was not hashed',
    yaml: 'users: [{name: ada, tokens: [ort_verysecretverysecret]}]\nresource: {owner: user:ada}\n',
    says: ['users[0].tokens[0]', 'outrigger token --user', 'make a new one'],
    hides: 'verysecret',
  },
  {
    title: 'a token where the list of tokens should be',
    yaml: 'users: [{name: ada, tokens: ort_verysecretverysecret}]\nresource: {owner: user:ada}\n',
    says: ['users[0].tokens', 'make a new one'],
    hides: 'verysecret',
  },
  {
    title: 'a user that is there twice',
    yaml: `users:\n  - {name: ada, tokens: ["${HASH}"]}\n  - {name: ada, tokens: ["${OTHER_HASH}"]}\nresource: {owner: user:ada}\n`,
    says: ['users[1].name', 'config.yaml:3', 'there twice'],
  },
  {
    title: 'a token of two people',
    yaml: `users:\n  - {name: ada, tokens: ["${HASH}"]}\n  - {name: bob, tokens: ["${HASH}"]}\nresource: {owner: user:ada}\n`,
    says: ['users[1].tokens[0]', 'also a token of ada', 'outrigger token --user bob'],
  },
  {
    title: 'the Jupyter token in the file',
    yaml: `${OPEN}jupyter: {url: "http://h:8888", token: verysecret}\n`,
    says: ['jupyter.token', 'jupyter.tokenFile', 'OUTRIGGER_JUPYTER_TOKEN'],
    hides: 'verysecret',
  },
  {
    title: 'a Jupyter address with its token',
    flags: { auth: 'open', jupyter: 'http://h:8888/lab?token=verysecret' },
    says: ['jupyter.url', '--jupyter', 'http://h:8888/lab', 'OUTRIGGER_JUPYTER_TOKEN'],
    hides: 'verysecret',
  },
  {
    title: 'a Jupyter address without a scheme',
    flags: { auth: 'open', jupyter: 'localhost:8888' },
    says: ['jupyter.url', 'http://127.0.0.1:8888/'],
  },
  {
    title: 'a token file that is not there',
    flags: { auth: 'open', jupyter: 'http://h:8888', 'jupyter-token-file': '/nowhere/token' },
    says: ['jupyter.tokenFile', '--jupyter-token-file', '/nowhere/token does not exist'],
  },
  {
    title: 'a token file that is a folder',
    flags: { auth: 'open', jupyter: 'http://h:8888', 'jupyter-token-file': '/' },
    says: ['jupyter.tokenFile', 'cannot be read (EISDIR)'],
  },
  {
    title: 'a token file that is empty',
    flags: { auth: 'open', jupyter: 'http://h:8888', 'jupyter-token-file': '/dev/null' },
    says: ['jupyter.token', '/dev/null', 'the value is not a token without spaces'],
  },
  {
    title: 'the address of a server, and a driver that runs its own',
    yaml: `${OPEN}jupyter: {driver: process, url: "http://h:8888"}\n`,
    says: ['jupyter.url', 'jupyter.driver is "process"', 'jupyter.driver: external'],
  },
  {
    title: 'a token file without a server',
    flags: { auth: 'open', 'jupyter-token-file': '/dev/null' },
    says: ['jupyter.tokenFile', 'jupyter.url is not set', '--jupyter URL'],
  },
  {
    title: 'a longest wait that is shorter than the delay',
    yaml: `${OPEN}jupyter: {saveDelayMs: 5000, saveMaxWaitMs: 1000}\n`,
    says: ['jupyter.saveMaxWaitMs', '1000 is less than jupyter.saveDelayMs (5000)'],
  },
]

for (const { title, says, hides, ...sources } of CASES) {
  test(`the message names key, origin and fix: ${title}`, async (t) => {
    const message = (await failureOf(t, sources)).message
    for (const text of says)
      assert.ok(message.includes(text), `${JSON.stringify(text)} is not in: ${message}`)
    if (hides !== undefined) assert.ok(!message.includes(hides), `the secret is in: ${message}`)
  })
}

test('all faults of all sources stand in one message', async (t) => {
  const error = await failureOf(t, {
    yaml: 'server: {prot: 1}\nlog: {level: loud}\nusers: [{name: ada}]\n',
    environment: { OUTRIGGER_ROOMS_MAX_OPEN: 'many' },
    flags: { auth: 'perhaps' },
  })
  const keys = error.faults.map(({ key }) => key)
  assert.deepEqual(keys.toSorted(), ['auth.mode', 'log.level', 'rooms.maxOpen', 'server.prot', 'users[0]'])
  for (const key of keys) assert.ok(error.message.includes(key))
  assert.match(error.message, /^5 things are wrong:/)
})

test('a rule between keys is not held against a key that is wrong by itself', async (t) => {
  const error = await failureOf(t, { yaml: 'users: nobody\nresource: {owner: user:ada}\n' })
  assert.deepEqual(
    error.faults.map(({ key }) => key),
    ['users'],
  )
})

test('a file that cannot be read is a fault of --config', async () => {
  await assert.rejects(
    loadConfig({ environment: {}, file: '/nowhere.yaml', flags: { auth: 'open' } }),
    (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /--config: the file \/nowhere.yaml does not exist/)
      return true
    },
  )
})

async function failureOf(
  t: TestContext,
  { yaml, environment = {}, flags }: Pick<Case, 'yaml' | 'environment' | 'flags'>,
): Promise<ConfigError> {
  const file = yaml === undefined ? undefined : join(await tempDir(t), 'config.yaml')
  if (file !== undefined) await writeFile(file, yaml ?? '')
  try {
    await loadConfig({ environment, file, flags })
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error
  }
  throw new assert.AssertionError({ message: 'the configuration was accepted' })
}
