/** The dashboard in a real browser, served by a real daemon. */
import { writeFileSync } from 'node:fs'
import { Tab, useBrowser } from '../helpers/browser.js'
import { Daemon, Folder } from '../helpers/daemon.js'
import { Gate } from '../helpers/gate.js'
import { testOnce } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

useBrowser()

const OPEN = ['--ui', '--port', '0', '--allow-anonymous']
const LIMIT = 120_000

testOnce(
  'shows workers and tasks as they come, and what a crash has left; restarts, resizes, is quiet',
  async (t) => {
    await using daemon = await Daemon.start(OPEN)
    await using tab = await Tab.open(daemon.url)
    const { page } = tab
    const { client } = daemon
    await tab.shows('#condition', 'Running')
    await tab.shows('#workers tbody tr', /#1.*idle/)

    // A task that runs is in the table, and in the stream with how it went.
    using gate = new Gate()
    const running = client.run('gate', gate.path, {})
    await gate.entered()
    await tab.shows('#workers tbody tr', /busy.*gate/)
    gate.open()
    await running
    await client.run('fail', 'no picture').catch(() => {})
    await tab.shows('#legend', /fail.*gate.*failed/)
    const stream = page.locator('#stream canvas')
    // From the latest bar on, by keys.
    await until(
      async () => {
        await stream.press('ArrowLeft')
        return /gate.*completed.*waited.*ran/s.test((await page.locator('#tip').textContent()) ?? '')
      },
      30_000,
      'the stream tells of the task that was completed',
    )
    await until(
      async () => {
        await stream.press('ArrowRight')
        return /RangeError: no picture/.test((await page.locator('#spoken').textContent()) ?? '')
      },
      30_000,
      'and of the one that has failed, for those who listen as well',
    )
    await tab.shows('#tiles > div', /Rejected.*1.*threw/)

    // A crash is listed with the end of standard error. Text of a task is text, whatever it looks like.
    await client.run('complain', 'a last <img src=x onerror=alert(1)> word').catch(() => {})
    await tab.shows('#crashes pre', 'a last <img src=x onerror=alert(1)> word')
    await tab.shows('#crashes summary', /SIGKILL.*complain/)
    await tab.shows('#activity', /Worker #1 died: SIGKILL/)
    await tab.shows('#workers tbody tr', /#2.*idle/)

    // What disturbs is asked about first.
    await page.getByRole('button', { name: 'Restart worker 2' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await until(async () => (await page.locator('dialog').count()) === 0, 10_000, 'the dialog is gone')
    await page.getByRole('button', { name: 'Restart worker 2' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click()
    await tab.shows('#workers tbody tr', /#3.*idle/)
    await page.getByRole('button', { name: 'Resize' }).click()
    await page.getByLabel('At least').fill('3')
    await page.getByRole('dialog').getByRole('button', { name: 'Resize' }).click()
    await tab.shows('dialog .error', 'greater')
    await page.getByLabel('At most').fill('3')
    await page.getByRole('dialog').getByRole('button', { name: 'Resize' }).click()
    await until(async () => (await page.locator('#workers tbody tr').count()) === 3, 30_000, 'there are three')
    await page.getByRole('button', { name: 'Done' }).click()
    t.is(await page.locator('th[aria-sort=descending]').textContent(), 'Done')

    await page.getByRole('button', { name: 'Quiet' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Quiet' }).click()
    await tab.shows('#condition', 'Quiet')
    await t.throwsAsync(client.run('add', 1), { code: 'ERR_HATCHERY_QUIET' })
    await page.getByRole('button', { name: 'Resume' }).click()
    await tab.shows('#condition', 'Running')
    t.is(await client.run('default', 1), 1)
    t.deepEqual(tab.faults, [])
  },
  LIMIT,
)

testOnce(
  'asks for the token; finds the daemon again after it was gone',
  async (t) => {
    using folder = new Folder()
    const token = 'a-token-of-some-length'
    writeFileSync(folder.file('token'), token, { mode: 0o600 })
    const args = ['--ui', '--token-file', folder.file('token'), '--log-level', 'info', '--port']
    await using first = await Daemon.start([...args, '0'])
    const { url } = first
    await using tab = await Tab.open(url)
    const { page } = tab
    await page.locator('#token').fill('not-the-right-one')
    await page.getByRole('button', { name: 'Unlock' }).click()
    await tab.shows('dialog', 'That was not its token')
    t.is(await page.locator('#workers tbody tr').count(), 0, 'nothing is shown before')
    await page.locator('#token').fill(token)
    await page.getByRole('button', { name: 'Unlock' }).click()
    await tab.shows('#workers tbody tr', '#1')
    await page.reload()
    await tab.shows('#workers tbody tr', '#1')

    first.process.kill('SIGKILL')
    await first.ended
    await tab.shows('#banner', 'does not answer')
    t.true(await page.getByRole('button', { name: 'Resize' }).isDisabled())
    await using second = await Daemon.start([...args, new URL(url).port])
    await tab.shows('#about', `pid ${second.process.pid}`)
    await tab.shows('#condition', 'Running')
    t.true(await page.locator('#banner').isHidden())

    // While it drains that is said.
    using gate = new Gate()
    const client = second.client
    await client.submit('gate', gate.path)
    await gate.entered()
    second.process.kill('SIGTERM')
    await tab.shows('#condition', 'Stopping')
    gate.open()
    await second.ended
    await tab.shows('#banner', 'has stopped')
    t.deepEqual(tab.faults, [])
  },
  LIMIT,
)

testOnce(
  'may not be framed, nor load or send anything elsewhere; is served on request alone',
  async (t) => {
    await using daemon = await Daemon.start(OPEN)
    await using tab = await Tab.open(daemon.url)
    for (const path of ['/', '/ui/', '/ui/dashboard.js', '/ui/dashboard.css']) {
      const { status, headers } = await daemon.request(path)
      t.is(status, 200)
      t.regex(headers, /content-security-policy: default-src 'none'; script-src 'self';.*frame-ancestors 'none'/)
      t.regex(headers, /x-frame-options: deny/)
      t.regex(headers, /cache-control: no-store/)
    }
    // What an attacker would do who got some text into the page: a script in it, and word to elsewhere.
    const refused = await tab.page.evaluate(`new Promise((resolve) => {
    const refused = new Set()
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
      refused.add(effectiveDirective)
      if (refused.has('connect-src') && refused.has('img-src') && refused.size > 2) resolve([...refused])
    })
    fetch('http://localhost:1/').catch(() => {})
    new Image().src = 'http://localhost:1/'
    try {
      document.body.innerHTML += '<b>markup</b>'
    } catch {}
  })`)
    t.deepEqual([...(refused as string[])].sort(), ['connect-src', 'img-src', 'require-trusted-types-for'])
    await using other = await Daemon.start(['--port', '0', '--allow-anonymous'])
    t.is((await other.request('/')).status, 404)
    t.is((await other.request('/v1/dashboard')).status, 404)
  },
  LIMIT,
)
