/** The access page in a real browser, by keyboard alone, as owner, viewer and stranger. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { WebSocket } from 'ws'
import { until } from '../support/until.ts'
import { SCREENSHOTS } from './environment.ts'
import { startBrowser } from './lab.ts'
import { startOwnLab } from './own-lab.ts'
import type { Person } from './servers.ts'

type Access = {
  /** Signs this person in and leads to the access page. */
  readonly addressOf: (person: string) => string
  /** Brings somebody into a room. */
  readonly enter: (person: string, room: string) => Promise<void>
  readonly stop: () => Promise<void>
}

/** ada owns it, lin may edit by configuration, and eve is a stranger. */
async function start(): Promise<Access> {
  const lab = await startOwnLab()
  const { url, tokens } = lab
  const tokenOf = (person: string): string => tokens[person as Person]
  return {
    addressOf: (person) => `${url}outrigger/access?token=${tokenOf(person)}`,
    enter: async (person, room) => {
      const address = `${url.replace('http', 'ws')}outrigger/rooms/${room}?token=${tokenOf(person)}`
      await once(new WebSocket(address), 'open')
    },
    stop: () => lab.stop(),
  }
}

const SEEN_MS = 15_000
/** More than there are on the page. */
const MAX_STOPS = 80
// Run in the page; as text, so that this project's types need not know the DOM.
const FOCUS_IS_VISIBLE = `(() => {
  const style = getComputedStyle(document.activeElement)
  return document.activeElement === document.body || (style.outlineStyle !== 'none' && style.outlineWidth !== '0px')
})()`

let server: Access
let browser: Browser
let page: Page
const troubles: string[] = []

before(async () => {
  server = await start()
  browser = await startBrowser()
  page = await openAs('ada')
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

async function openAs(person: string, scheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, colorScheme: scheme })
  const opened = await context.newPage()
  opened.on('pageerror', (error) => troubles.push(String(error)))
  opened.on('console', (message) => {
    if (/content security policy/i.test(message.text())) troubles.push(message.text())
  })
  await opened.goto(server.addressOf(person))
  return opened
}

async function isFocused(target: Locator): Promise<boolean> {
  return (await target.and(page.locator(':focus')).count()) === 1
}

/** Goes there as a person does who has no mouse, and sees at every stop where the focus is. */
async function tabTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let stops = 0; stops < MAX_STOPS; stops += 1) {
    if (await isFocused(target)) return
    await page.keyboard.press(key)
    assert.ok(await page.evaluate(FOCUS_IS_VISIBLE), `the focus is not visible after ${stops + 1} stops`)
  }
  assert.fail(`${String(target)} was not reached with ${key}`)
}

async function press(target: Locator, key = 'Enter'): Promise<void> {
  await tabTo(target)
  await page.keyboard.press(key)
}

async function typeInto(target: Locator, text: string): Promise<void> {
  await tabTo(target)
  await page.keyboard.press('Control+A')
  await page.keyboard.type(text)
}

/** In a closed list, a keyboard chooses by typing the first letters. */
async function choose(target: Locator, text: string): Promise<void> {
  await tabTo(target)
  await page.keyboard.type(text)
}

const byId = (id: string): Locator => page.getByTestId(id)
const button = (name: string | RegExp): Locator => page.getByRole('button', { name })

function row(id: 'viewer' | 'person' | 'guest-link', name: string): Locator {
  const title = page.locator('.title, .name').getByText(name, { exact: true })
  return byId(id).filter({ has: title })
}

async function sees(target: Locator, what: string): Promise<void> {
  await until(async () => (await target.count()) > 0, SEEN_MS, what)
}

async function isGone(target: Locator, what: string): Promise<void> {
  await until(async () => (await target.count()) === 0, SEEN_MS, `the end of ${what}`)
}

/** As a single text, the way a person would read it. */
async function textOf(target: Locator): Promise<string> {
  return (await target.innerText()).replaceAll(/\s+/g, ' ')
}

test('the owner sees who has access and why; what is declared cannot be changed here', async () => {
  await sees(byId('viewer'), 'the viewers')
  assert.match(await textOf(byId('owner')), /ada \(you\)/)
  assert.match(await textOf(byId('own-access')), /may do everything/)
  const declared = byId('viewer').filter({ hasText: 'declared in' })
  assert.equal(await declared.getByRole('button').count(), 0)
  await typeInto(byId('why-user'), 'lin')
  await page.keyboard.press('Enter')
  await until(async () => /may edit and run/.test(await textOf(byId('why-answer'))), SEEN_MS, 'the reason')
  assert.match(await textOf(byId('why-answer')), /configuration/)
  await page.screenshot({ path: join(SCREENSHOTS, 'access-owner.png'), fullPage: true })
})

test('a fault is shown beside its field, which has the focus, and nothing typed is lost', async () => {
  await typeInto(byId('new-subject'), 'ada')
  await page.keyboard.press('Enter')
  const fault = page.locator('#add-viewer').getByTestId('fault')
  await sees(fault, 'the fault')
  assert.match(await textOf(fault), /owner/)
  assert.equal(await byId('new-subject').inputValue(), 'ada')
  assert.ok(await isFocused(byId('new-subject')))
  assert.equal(await byId('new-subject').getAttribute('aria-invalid'), 'true')
  assert.equal(await byId('new-subject').getAttribute('aria-describedby'), await fault.getAttribute('id'))
})

test('a viewer is added, and is told to a screen reader', async () => {
  await typeInto(byId('new-subject'), 'eve')
  await choose(byId('new-access'), 'read')
  await choose(byId('new-expires'), 'in 7')
  await press(byId('add-viewer'))
  await sees(row('viewer', 'eve'), 'the new viewer')
  assert.match(await textOf(row('viewer', 'eve')), /Person eve may read ends in 7 days/)
  assert.match(await textOf(byId('said')), /eve: may read\./)
  assert.equal(await byId('new-subject').inputValue(), '')
  assert.ok(await isFocused(byId('new-subject')))
  assert.equal(await page.getByTestId('fault').count(), 0)
})

test('access and end are changed in place; Escape changes nothing and gives the focus back', async () => {
  const change = button('Change access of eve')
  await press(change)
  await choose(row('viewer', 'eve').getByTestId('edit-access'), 'nothing')
  await page.keyboard.press('Escape')
  assert.ok(await isFocused(change))
  assert.match(await textOf(row('viewer', 'eve')), /may read/)
  await page.keyboard.press('Enter')
  assert.equal(await row('viewer', 'eve').getByTestId('edit-access').inputValue(), 'read')
  await choose(row('viewer', 'eve').getByTestId('edit-access'), 'edit')
  await choose(row('viewer', 'eve').getByTestId('edit-expires'), 'no end')
  await press(row('viewer', 'eve').getByTestId('save'))
  await until(
    async () => /eve may edit and run no end/.test(await textOf(row('viewer', 'eve'))),
    SEEN_MS,
    'the change',
  )
  await until(async () => await isFocused(change), SEEN_MS, 'the focus on the button')
})

test('a day without a time is a fault beside the field', async () => {
  await press(button('Change access of eve'))
  await choose(row('viewer', 'eve').getByTestId('edit-expires'), 'day')
  await press(row('viewer', 'eve').getByTestId('save'))
  const fault = row('viewer', 'eve').getByTestId('fault')
  await sees(fault, 'the fault')
  assert.match(await textOf(fault), /Choose a day and a time/)
  assert.ok(await isFocused(row('viewer', 'eve').getByLabel('Day and time')))
  await page.keyboard.press('Escape')
})

test('what is typed survives the refreshes, which show who comes in', async () => {
  await typeInto(byId('new-subject'), 'half a na')
  await server.enter('lin', 'lobby')
  await sees(row('person', 'Lin Clark'), 'Lin Clark inside')
  assert.match(await textOf(row('person', 'Lin Clark')), /lobby/)
  assert.equal(await byId('new-subject').inputValue(), 'half a na')
  assert.ok(await isFocused(byId('new-subject')))
  await page.keyboard.press('Control+A')
  await page.keyboard.press('Delete')
})

test('a person is removed from the rooms, after a choice for how long', async () => {
  await press(button('Remove Lin Clark from the rooms'))
  await choose(row('person', 'Lin Clark').getByTestId('kick-minutes'), 'is kept out for 10')
  await page.screenshot({ path: join(SCREENSHOTS, 'access-kick.png') })
  await press(row('person', 'Lin Clark').getByTestId('confirm'))
  await isGone(row('person', 'Lin Clark'), 'Lin Clark inside')
  assert.equal(await page.evaluate('document.activeElement === document.body'), false)
})

test('a guest link is shown once, then listed, then revoked', async () => {
  await typeInto(byId('link-label'), 'Reviewers')
  await typeInto(byId('link-uses'), 'some')
  await page.keyboard.press('Enter')
  await sees(page.locator('#make-link').getByTestId('fault'), 'the fault')
  assert.ok(await isFocused(byId('link-uses')))
  await typeInto(byId('link-uses'), '5')
  await press(byId('make-link'))
  await sees(byId('new-link-box').locator(':visible'), 'the address')
  const address = await byId('new-link').inputValue()
  assert.match(address, /^http.*\/outrigger\/join\/\S+$/)
  assert.ok(await isFocused(byId('new-link')))
  await page.screenshot({ path: join(SCREENSHOTS, 'access-link.png') })
  await press(byId('put-away'))
  assert.equal(await byId('new-link').inputValue(), '')
  assert.equal((await page.content()).includes(address.slice(address.lastIndexOf('/') + 1)), false)
  await sees(row('guest-link', 'Reviewers'), 'the link in the list')
  assert.match(await textOf(row('guest-link', 'Reviewers')), /may read ends in 1 day.*0 of 5/)
  await press(button('Revoke Reviewers'))
  await tabTo(row('guest-link', 'Reviewers').getByTestId('confirm'), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await sees(row('guest-link', 'Reviewers').filter({ hasText: 'revoked' }), 'the end of the link')
  assert.equal(await page.evaluate('document.activeElement === document.body'), false)
})

test('the server is stopped after a question, and started again; the page follows by itself', async () => {
  await press(byId('stop-server'))
  assert.equal(await page.evaluate('document.activeElement.textContent.trim()'), 'Keep it running')
  await tabTo(byId('confirm-stop'), 'Shift+Tab')
  await page.keyboard.press('Enter')
  const state = byId('server-state')
  await until(async () => (await textOf(state)) === 'stopped', 60_000, 'the stop')
  assert.equal(await page.evaluate('document.activeElement === document.body'), false)
  await page.screenshot({ path: join(SCREENSHOTS, 'access-stopped.png') })
  await press(byId('start-server'))
  await until(async () => (await textOf(state)) === 'running', 60_000, 'the start')
})

test('what happened is listed newest first, filtered, and there as a file', async () => {
  const events = byId('event')
  await until(async () => /started the server/.test(await textOf(events.first())), SEEN_MS, 'the last event')
  await choose(byId('audit-action'), 'gave access')
  await until(
    async () => (await events.allInnerTexts()).every((text) => text.includes('gave access')),
    SEEN_MS,
    'the filter',
  )
  assert.match(await textOf(events.first()), /ada gave access: eve/)
  const href = new URL((await byId('download-audit').getAttribute('href')) ?? '', page.url()).href
  const file = await (await page.request.get(href)).text()
  const actions = file
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { action: string }).action)
  assert.ok(actions.length > 0)
  assert.deepEqual(new Set(actions), new Set(['grant']))
})

test('a viewer sees its own access, not that of others, and leaves', async () => {
  const eve = await openAs('eve', 'dark')
  const leave = eve.getByTestId('leave')
  await leave.waitFor()
  assert.match(await textOf(eve.getByTestId('own-access')), /may edit and run/)
  assert.match(await textOf(eve.getByTestId('own-reasons')), /eve directly: may edit and run \(added here\)/)
  for (const id of ['viewers', 'guest-links', 'events', 'stop-server', 'start-server', 'kick']) {
    assert.equal(await eve.getByTestId(id).filter({ visible: true }).count(), 0, id)
  }
  await eve.screenshot({ path: join(SCREENSHOTS, 'access-viewer-dark.png') })
  await leave.focus()
  await eve.keyboard.press('Enter')
  await eve.keyboard.press('Shift+Tab')
  await eve.keyboard.press('Enter')
  await eve.getByTestId('problem').getByText('You no longer have access').waitFor()
  assert.equal(await leave.isVisible(), false)
  await isGone(row('viewer', 'eve'), 'eve in the list of the owner')
  const answer = await eve.goto(server.addressOf('eve'))
  assert.equal(answer?.status(), 403)
})

test('a viewer is removed after a question that begins at the harmless answer', async () => {
  await typeInto(byId('new-subject'), 'zoe')
  await page.keyboard.press('Enter')
  await sees(row('viewer', 'zoe'), 'zoe')
  await press(button('Remove zoe'))
  assert.equal(await page.evaluate('document.activeElement.textContent.trim()'), 'Keep')
  await page.keyboard.press('Enter')
  assert.ok(await isFocused(button('Remove zoe')))
  await page.keyboard.press('Enter')
  await tabTo(row('viewer', 'zoe').getByTestId('confirm'), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await isGone(row('viewer', 'zoe'), 'zoe')
  assert.match(await textOf(byId('said')), /zoe was removed/)
  assert.equal(await page.evaluate('document.activeElement === document.body'), false)
})

test('when nobody answers the page says so, keeps what was typed, and goes on by itself', async () => {
  await page.route('**/api/v1/**', (route) => route.abort())
  await typeInto(byId('new-subject'), 'kim')
  await page.keyboard.press('Enter')
  await sees(page.locator('#add-viewer').getByTestId('fault'), 'the fault')
  await sees(byId('problem').filter({ visible: true }), 'the notice')
  assert.equal(await byId('new-subject').inputValue(), 'kim')
  await page.unroute('**/api/v1/**')
  await isGone(byId('problem').filter({ visible: true }), 'the notice')
  assert.equal(await byId('new-subject').inputValue(), 'kim')
})

test('on a narrow screen nothing sticks out', async () => {
  await page.setViewportSize({ width: 360, height: 740 })
  assert.equal(
    await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    0,
  )
  await page.screenshot({ path: join(SCREENSHOTS, 'access-narrow.png'), fullPage: true })
})

test('nothing failed in the page, and nothing was against its content policy', () => {
  assert.deepEqual(troubles, [])
})
