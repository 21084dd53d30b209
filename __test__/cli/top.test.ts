/** `hatchery top` against a daemon, in a real terminal. */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { CLI, Daemon, Folder, Program } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce } from '../helpers/pool.js'
import { quote, Terminal } from '../helpers/terminal.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const LIMIT = 20_000
const ENTER = '\x1b[?1049h'
const LEAVE = '\x1b[?1049l'

/** What the last frame shows. */
function screen({ output }: Terminal): string {
  return output
    .split('\x1b[H')
    .at(-1)!
    .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
}

testOnce('once, for people and for machines', async (t) => {
  await using daemon = await Daemon.start()
  await daemon.client.run(undefined, 1)
  await rejection(daemon.client.run('complain', 'the last words'))
  const text = new Program(['top', daemon.socket, '--once', '--interval', '100'])
  const json = new Program(['top', '--once', '--json', '--interval', '100'], { HATCHERY_SERVE_SOCKET: daemon.socket })
  t.deepEqual(await Promise.all([text.ended, json.ended]), [0, 0])
  t.regex(text.output, /^hatchery {2}.*pool\.sock .* running$/m)
  t.regex(text.output, /^tasks +1 done +1 lost/m)
  t.regex(text.output, /^ +ID +PID STATE +TASK/m)
  t.regex(text.output, /LAST CRASHES\n.*worker \d+ .*complain.*\n +\| the last words/)
  t.notRegex(text.output, /\x1b/)
  const { figures, crashes } = JSON.parse(json.output)
  t.like(figures, { completed: 1, service: { maxWorkers: 1, quiet: false } })
  t.regex(crashes[0].stderr, /the last words/)
})

testOnce('no daemon, and none named', async (t) => {
  using folder = new Folder()
  const nobody = new Program(['top', folder.file('none.sock'), '--once'])
  const nameless = new Program(['top'])
  t.deepEqual(await Promise.all([nobody.ended, nameless.ended]), [1, 2])
  t.regex(nobody.errors, /is it running\? \(ERR_HATCHERY_UNREACHABLE\)/)
  t.regex(nameless.errors, /Which daemon\?/)
})

testOnce('keys: quiet, restart, resize, help; and the terminal is as before', async (t) => {
  await using daemon = await Daemon.start(['--min-workers', '1', '--max-workers', '1'])
  const { client } = daemon
  const workers = async () => (await client.stats()).workers
  await using terminal = new Terminal(`hatchery top ${quote(daemon.socket)} --interval 200; stty -a`)
  await until(() => screen(terminal).includes('q quit'), LIMIT, 'there is a frame')
  t.true(terminal.output.includes(ENTER))
  t.regex(screen(terminal), /> +1 +\d+ idle/)

  terminal.press('?')
  await until(() => screen(terminal).includes('select a worker'), LIMIT, 'there is help')
  terminal.press('?')
  terminal.press('p')
  await until(() => screen(terminal).includes('(y/n)'), LIMIT, 'it asks')
  terminal.press('n')
  await until(() => screen(terminal).includes('Left as it is'), LIMIT, 'it was answered')
  t.false((await client.stats()).service.quiet)
  terminal.press('py')
  await until(async () => (await client.stats()).service.quiet, LIMIT, 'the daemon is quiet')
  await until(() => / quiet\r+\n/.test(screen(terminal)), LIMIT, 'that shows')
  terminal.press('p')
  await until(async () => !(await client.stats()).service.quiet, LIMIT, 'it is no longer')

  terminal.press('+')
  await until(async () => (await client.stats()).service.maxWorkers === 2, LIMIT, 'there may be two workers')
  await until(() => screen(terminal).includes('fixed at 2'), LIMIT, 'that shows')
  terminal.press('-y')
  await until(async () => (await client.stats()).service.maxWorkers === 1, LIMIT, 'there may be one worker')
  await until(async () => (await workers()).length === 1, LIMIT, 'there is one')

  const [before] = await workers()
  await until(() => new RegExp(`> +${before!.id} +${before!.pid}`).test(screen(terminal)), LIMIT, 'it is selected')
  terminal.press('ry')
  await until(async () => (await workers()).every(({ pid }) => pid !== before!.pid), LIMIT, 'it was replaced')
  await until(() => screen(terminal).includes('worker-recycled'), LIMIT, 'the event shows')

  terminal.press('q')
  t.is(await terminal.ended, 0)
  const after = terminal.output.slice(terminal.output.lastIndexOf(LEAVE))
  t.regex(after, /[^-]icanon/)
  t.regex(after, /[^-]echo\b/)
})

testOnce('the terminal is given back at a signal, at a stop, and goes on when the daemon is lost', async (t) => {
  await using daemon = await Daemon.start()
  using folder = new Folder()
  const note = quote(folder.file('pid'))
  // The process that is `top`, and not the shell around it.
  await using terminal = new Terminal(
    `sh -c 'echo $$ > "$0"; exec "$@"' ${note} ${quote(process.execPath)} ${quote(CLI)} top ${quote(daemon.socket)} ` +
      '--interval 100; echo "code $?"; stty -a',
  )
  const shown = () => screen(terminal).includes('q quit')
  await until(shown, LIMIT, 'there is a frame')
  const pid = Number(readFileSync(folder.file('pid'), 'utf8'))

  // Here no shell controls jobs, so it goes on at once.
  const stops = terminal.output.split(LEAVE).length
  process.kill(pid, 'SIGTSTP')
  await until(() => terminal.output.split(LEAVE).length > stops, LIMIT, 'the terminal was given back')
  await until(() => terminal.output.lastIndexOf(ENTER) > terminal.output.lastIndexOf(LEAVE), LIMIT, 'it is taken again')

  daemon.process.kill('SIGKILL')
  await until(() => / unreachable\r+\n/.test(screen(terminal)), LIMIT, 'that shows')
  process.kill(pid, 'SIGTERM')
  t.is(await terminal.ended, 0)
  const after = terminal.output.slice(terminal.output.lastIndexOf(LEAVE))
  t.regex(after, /code 143/)
  t.regex(after, /[^-]icanon/)
})
