/** Renews the pictures of the dashboard in docs/images, from a daemon that is kept busy. Needs Chromium. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { connect } from 'hatchery/client'
import { type Browser, chromium } from 'playwright-core'
import { keepBusy } from './screenshots/load.js'
import { packPng } from './screenshots/pack-png.js'

const folder = join('docs', 'images')
const warmUp = 30_000

interface Picture {
  readonly name: string
  readonly colorScheme: 'light' | 'dark'
  readonly width: number
  readonly height: number
  /** Of what; the window if it is left out. */
  readonly selector?: string
}

const pictures: readonly Picture[] = [
  { name: 'dashboard-light', colorScheme: 'light', width: 1280, height: 800 },
  { name: 'dashboard-dark', colorScheme: 'dark', width: 1280, height: 800 },
  { name: 'dashboard-crash', colorScheme: 'light', width: 1280, height: 800, selector: '.side > .panel' },
  { name: 'dashboard-phone', colorScheme: 'dark', width: 390, height: 1500 },
]

async function take(browser: Browser, url: string): Promise<void> {
  const open = await Promise.all(
    pictures.map(async (picture) => {
      const { colorScheme, width, height } = picture
      const page = await browser.newPage({ colorScheme, viewport: { width, height }, deviceScaleFactor: 1 })
      await page.goto(url)
      // Fewer bars: that makes small files.
      await page.selectOption('#stream-window', '10000')
      return { page, picture }
    }),
  )
  await new Promise((resolve) => setTimeout(resolve, warmUp))
  for (const { page, picture } of open) {
    await page.bringToFront()
    // One frame of what is there now.
    await new Promise((resolve) => setTimeout(resolve, 600))
    const path = join(folder, `${picture.name}.png`)
    const { selector } = picture
    const png = await (selector === undefined ? page.screenshot() : page.locator(selector).first().screenshot())
    writeFileSync(path, packPng(png))
    console.log(`wrote ${path}`)
  }
}

const place = mkdtempSync(join(tmpdir(), 'hatchery-screenshots-'))
const socket = join(place, 'pool.sock')
const serve = ['serve', join('scripts', 'screenshots', 'worker.mjs'), '--ui', '--socket', socket, '--port', '0']
const limits = ['--allow-anonymous', '--min-workers', '6', '--max-workers', '6', '--concurrency', '1']
const ports = ['--metrics-port', 'false', '--health-port', 'false']
const daemon = spawn(process.execPath, [join('dist', 'src', 'cli', 'main.js'), ...serve, ...limits, ...ports], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const url = await new Promise<string>((resolve, reject) => {
    let output = ''
    daemon.stdout.on('data', (chunk) => {
      output += chunk
      const [found] = /http:\/\/[\d.:]+/.exec(output) ?? []
      if (found !== undefined) resolve(found)
    })
    daemon.once('exit', () => reject(new Error(`the daemon has ended: ${output}`)))
  })
  mkdirSync(folder, { recursive: true })
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
  })
  const client = connect(socket)
  try {
    await Promise.all([keepBusy(client, warmUp + 12_000, true), take(browser, url)])
  } finally {
    client.close()
    await browser.close()
  }
} finally {
  daemon.kill('SIGKILL')
  rmSync(place, { recursive: true, force: true })
}
