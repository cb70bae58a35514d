/** `outrigger up --no-jupyter` in two real browsers: the playground and the status page. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { until } from '../support/until.ts'
import { ROOT, SCREENSHOTS } from './environment.ts'
import { startBrowser } from './lab.ts'

const folder = mkdtempSync(join(tmpdir(), 'outrigger-e2e-'))
let outrigger: ChildProcess
let browser: Browser
let addresses: string[] = []
let owner: Page
let guest: Page

before(async () => {
  outrigger = spawn(
    process.execPath,
    [
      join(ROOT, 'dist/main.js'),
      'up',
      '--no-jupyter',
      '--port',
      '0',
      '--data',
      join(folder, 'data'),
      '--log-level',
      'warn',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let text = ''
  outrigger.stdout?.on('data', (chunk) => (text += String(chunk)))
  await until(() => /Stop +Ctrl/.test(text), 15_000, 'the banner')
  addresses = [...text.matchAll(/http:\/\/\S+token=\S+/g)].map(([address]) => address)
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  outrigger?.kill()
  await once(outrigger, 'exit')
  rmSync(folder, { recursive: true, force: true })
})

async function open(address: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1000, height: 700 } })).newPage()
  await page.goto(address)
  await page
    .getByTestId('connection')
    .getByText(/connected/i)
    .waitFor()
  return page
}

async function text(page: Page): Promise<string> {
  return (await page.locator('[data-testid="editor"] .cm-line').allInnerTexts()).join('\n')
}

test('the two addresses of the banner open the same playground, signed in as two people', async () => {
  assert.equal(addresses.length, 2)
  owner = await open(addresses[0]!)
  guest = await open(owner.url().includes('#') ? addresses[1]! + new URL(owner.url()).hash : addresses[1]!)
  assert.doesNotMatch(owner.url(), /token/)
  assert.equal(new URL(owner.url()).hash, new URL(guest.url()).hash)
})

test('typing shows in the other browser, with cursor and name', async () => {
  await owner.locator('[data-testid="editor"] .cm-content').click()
  await owner.keyboard.type('hello from the owner')
  await until(async () => (await text(guest)).includes('hello from the owner'), 5000, 'the text at the guest')
  await guest.locator('[data-testid="editor"] .cm-content').click()
  await guest.keyboard.press('Control+End')
  await guest.keyboard.type(' and from the guest')
  await until(async () => (await text(owner)).includes('and from the guest'), 5000, 'the text at the owner')
  await owner.locator('.cm-ySelectionCaret').first().waitFor()
  const people = owner.getByTestId('people')
  await people.getByText(/guest/i).first().waitFor()
  await owner.screenshot({ path: join(SCREENSHOTS, 'playground-owner.png') })
  await guest.screenshot({ path: join(SCREENSHOTS, 'playground-guest.png') })
})

test('the status page shows the room and both people', async () => {
  const page = await owner.context().newPage()
  await page.goto(new URL('/outrigger/', addresses[0]).href)
  await page.getByTestId('rooms').getByText(/guest/i).first().waitFor()
  assert.match(await page.getByTestId('version').innerText(), /\d+\.\d+\.\d+/)
  await page.screenshot({ path: join(SCREENSHOTS, 'status.png') })
})

test('without a sign-in the pages lead to the sign-in page', async () => {
  const page = await (await browser.newContext()).newPage()
  await page.goto(new URL('/outrigger/try', addresses[0]).href)
  assert.match(page.url(), /outrigger\/sign-in/)
  await page.screenshot({ path: join(SCREENSHOTS, 'sign-in.png') })
})
