/** A real Chromium for the tests of one file. */
import { randomUUID } from 'node:crypto'
import process from 'node:process'
import test, { type ExecutionContext } from 'ava'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { type Inventory, inventory, MARK } from './inventory.js'
import { assertNothingLeft } from './leaks.js'
import { requireProgram } from './program.js'

/** Without these it tries to reach its maker, from a machine that may have no network. */
const QUIET = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update']
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-sync', ...QUIET]
/** Far more than anything takes on a loaded machine, in milliseconds. */
const LIMIT = 40_000

let browser: Browser | undefined

/** To be called once in a file: starts the browser before its tests, and sees to it that nothing is left after them. */
export function useBrowser(): void {
  let before: Inventory
  process.env[MARK] = randomUUID()
  test.before('start the browser', async () => {
    before = inventory()
    const executablePath = requireProgram('chromium', 'chromium')
    browser = await chromium.launch({ executablePath, args: FLAGS })
  })
  test.after.always('nothing is left behind', async (t) => {
    await browser?.close()
    await assertNothingLeft(t as ExecutionContext, before)
  })
}

/** A page, and what went wrong in it. */
export class Tab implements AsyncDisposable {
  readonly page: Page
  /** Errors on its console, exceptions, and breaches of its policy. */
  readonly faults: string[] = []
  readonly #context: BrowserContext

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context
    this.page = page
    page.setDefaultTimeout(LIMIT)
    page.on('pageerror', (error) => this.faults.push(String(error)))
    page.on('console', (message) => {
      // What the network refuses is looked at by the tests that have it refuse something.
      const isNetwork = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !isNetwork) this.faults.push(message.text())
    })
  }

  static async open(url: string): Promise<Tab> {
    const context = await browser!.newContext({ viewport: { width: 1280, height: 800 } })
    const tab = new Tab(context, await context.newPage())
    await tab.page.goto(url)
    return tab
  }

  /** Waits until an element has such a text. */
  async shows(selector: string, text: string | RegExp): Promise<void> {
    const found = this.page.locator(selector).filter({ hasText: text }).first()
    try {
      await found.waitFor({ timeout: LIMIT })
    } catch (cause) {
      const there = await this.page.locator(selector).allTextContents()
      throw new Error(`${selector} never said ${text}; it says ${JSON.stringify(there)}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close()
  }
}
