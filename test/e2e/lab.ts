/** A person in an unmodified JupyterLab, as far as these tests drive it. */
import { join } from 'node:path'
import { type Browser, type Page, chromium } from 'playwright-core'
import { SCREENSHOTS, chromiumPath } from './environment.ts'

export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: chromiumPath() ?? 'chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--no-proxy-server',
    ],
  })
}

const OPEN_MS = 60_000
const SEEN_MS = 20_000
const CELL = '.jp-Notebook .jp-Cell'

// Run in the page; as text, so that this project's types need not know the DOM.
const SOURCES = `[...document.querySelectorAll('${CELL}')].map((cell) =>
  [...cell.querySelectorAll('.cm-line')].map((line) => line.textContent ?? '').join('\\n'))`
const BORDER_COLORS = `[...document.querySelectorAll('.jp-remote-cursor')].map((cursor) =>
  getComputedStyle(cursor).borderLeftColor)`

export class Lab {
  readonly page: Page
  readonly name: string

  constructor(page: Page, name: string) {
    this.page = page
    this.name = name
  }

  /** Opens a notebook with a sign-in link, in a browser profile of its own. */
  static async open(
    browser: Browser,
    name: string,
    address: { url: string; path: string; token: string },
  ): Promise<Lab> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    const lab = new Lab(page, name)
    await page.goto(`${address.url}lab/tree/${address.path}?token=${address.token}`, {
      waitUntil: 'domcontentloaded',
    })
    await page.waitForSelector(`${CELL} .cm-content`, { timeout: OPEN_MS })
    return lab
  }

  /** The source of every cell, in order. Only rendered cells are in the page; ours are few. */
  async sources(): Promise<string[]> {
    return await this.page.evaluate<string[]>(SOURCES)
  }

  /**
   * While nothing answers at its address, JupyterLab itself says that it lost the connection. A person
   * closes that, once for the session. No other dialog is ever expected.
   */
  async closeConnectionLost(): Promise<void> {
    const dialog = this.page.locator('.jp-Dialog', { hasText: 'Server Connection Error' })
    await dialog.waitFor({ timeout: 60_000 })
    await dialog.getByRole('checkbox').check()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await dialog.waitFor({ state: 'detached' })
  }

  async type(cell: number, at: 'start' | 'end', text: string): Promise<void> {
    await this.#clickInto(cell)
    await this.page.keyboard.press(at === 'start' ? 'Control+Home' : 'Control+End')
    await this.page.keyboard.type(text, { delay: 15 })
    const dialogs = await this.dialogs()
    if (dialogs.length > 0) {
      await this.screenshot(`failed-${this.name}`)
      throw new Error(`${this.name} is interrupted while typing: ${JSON.stringify(dialogs)}`)
    }
  }

  /** Like `type` at the end, in one piece, whatever JupyterLab has to say about kernels meanwhile. */
  async insert(cell: number, text: string): Promise<void> {
    const dialog = this.page.locator('.jp-Dialog', { hasText: /kernel|connection/i })
    await this.page.addLocatorHandler(dialog, async () => {
      await dialog.getByRole('button').last().click()
    })
    await this.#clickInto(cell)
    await this.page.keyboard.press('Control+End')
    await this.page.keyboard.insertText(text)
    await this.page.removeLocatorHandler(dialog)
  }

  async run(cell: number): Promise<void> {
    await this.#clickInto(cell)
    await this.page.keyboard.press('Control+Enter')
  }

  async outputs(): Promise<string[]> {
    return await this.page.locator('.jp-Notebook .jp-OutputArea-output').allTextContents()
  }

  async sees(what: string, condition: () => Promise<boolean>, deadlineMs = SEEN_MS): Promise<void> {
    const deadline = performance.now() + deadlineMs
    while (!(await condition())) {
      if (performance.now() > deadline) {
        await this.screenshot(`failed-${this.name}`)
        throw new Error(`${this.name} does not see ${what}: ${JSON.stringify(await this.sources())}`)
      }
      await this.page.waitForTimeout(50)
    }
  }

  async seesSource(cell: number, text: string): Promise<void> {
    await this.sees(
      `cell ${cell} with ${text}`,
      async () => (await this.sources())[cell]?.includes(text) === true,
    )
  }

  /** What JupyterLab sends with every change. */
  async xsrfToken(): Promise<string> {
    const cookies = await this.page.context().cookies(this.page.url())
    return cookies.find(({ name }) => name === '_xsrf')?.value ?? ''
  }

  /** Texts of every dialog that is open. */
  async dialogs(): Promise<string[]> {
    return await this.page.locator('.jp-Dialog').allTextContents()
  }

  /** Colors of other people's cursors in the notebook. */
  async remoteCursorColors(): Promise<string[]> {
    return await this.page.evaluate<string[]>(BORDER_COLORS)
  }

  /** Names that stand at other people's cursors. */
  async remoteNames(): Promise<string[]> {
    return await this.page.locator('.jp-remote-userFlag-name').allTextContents()
  }

  async save(): Promise<void> {
    await this.page.keyboard.press('Control+s')
  }

  async #clickInto(cell: number): Promise<void> {
    try {
      await this.page.locator(`${CELL} >> nth=${cell} >> .cm-content`).click({ timeout: SEEN_MS })
    } catch (error) {
      await this.screenshot(`failed-${this.name}`)
      throw new Error(
        `${this.name} cannot click into cell ${cell}; dialogs: ${JSON.stringify(await this.dialogs())}`,
        {
          cause: error,
        },
      )
    }
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
  }
}
