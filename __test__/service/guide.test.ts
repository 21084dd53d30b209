/** The examples of docs/guide/daemon.md, as they stand there. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { promisify } from 'node:util'
import { Folder, Program } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'

watchForLeaks()

const run = promisify(execFile)
const guide = readFileSync('docs/guide/daemon.md', 'utf8')

testOnce('every curl example does what it says', async (t) => {
  using folder = new Folder()
  const socket = folder.file('pool.sock')
  const [, worker] = /<!-- worker -->\n```js\n(.*?)```/s.exec(guide)!
  const file = folder.file('worker.mjs')
  // From a folder that has no package of that name.
  writeFileSync(file, worker!.replace("'hatchery/worker'", JSON.stringify(import.meta.resolve('hatchery/worker'))))
  const daemon = new Program(['serve', file, '--socket', socket])
  try {
    await daemon.says('the daemon is ready')
    const examples = [...guide.matchAll(/<!-- run: (.*?) -->\n```sh\n(.*?)```/gs)]
    t.true(examples.length >= 7)
    for (const [, expected, script] of examples) {
      const { stdout } = await run('bash', ['-euc', script!], { env: { ...process.env, SOCKET: socket } })
      let rest = stdout
      for (const part of expected!.split('…')) {
        t.true(rest.includes(part), `${script}\nhas printed ${stdout}\nand not ${expected}`)
        rest = rest.slice(rest.indexOf(part) + part.length)
      }
    }
    const scripts = examples.map(([, , script]) => script).join('\n')
    const calls = /^curl |[|] curl /gm
    t.is(guide.match(calls)?.length, scripts.match(calls)?.length, 'all are run')
  } finally {
    daemon.process.kill('SIGTERM')
    t.is(await daemon.ended, 0)
  }
})
