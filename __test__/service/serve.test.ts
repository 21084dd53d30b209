/** The command line: help, mistakes, configuration. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { connect } from 'hatchery/client'
import { Daemon, Folder, Program } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, testOnce } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const TASKS = fileURLToPath(new URL('./fixtures/tasks.js', import.meta.url))
const BROKEN = fileURLToPath(new URL('./fixtures/broken.js', import.meta.url))

async function run(...args: string[]): Promise<[code: number | string, output: string, errors: string]> {
  const program = new Program(args)
  return [await program.ended, program.output, program.errors]
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

/** Of the answer to a GET. */
function statusOf(socketPath: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = get({ socketPath, path, agent: false }, (response) => resolve(response.resume().statusCode))
    asked.on('error', reject)
  })
}

testOnce('help, version, and what makes no sense', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  t.deepEqual(await run('--version'), [0, `${version}\n`, ''])
  const [code, help] = await run('--help')
  t.is(code, 0)
  t.regex(help, /serve +Run a pool as a service/)
  for (const args of [
    ['serve', '--help'],
    ['help', 'serve'],
  ])
    t.regex((await run(...args))[1], /--token-file FILE/)
  const mistakes: [string[], RegExp][] = [
    [[], /Usage: hatchery COMMAND/],
    [['sevre'], /no command "sevre"\. Did you mean serve\?/],
    [['--sokcet'], /There is no option --sokcet/],
    [['serve', '--sokcet', 'x'], /Did you mean --socket\? See hatchery serve --help/],
    [['serve', '--port', 'x'], /--port is a number, not "x"/],
    [['serve', '--socket-mode', '999'], /octal/],
    [['serve', 'a.js', 'b.js'], /One worker module is enough/],
  ]
  const outcomes = await Promise.all(mistakes.map(([args]) => run(...args)))
  for (const [index, [status, , errors]] of outcomes.entries()) {
    const [args, message] = mistakes[index]!
    t.is(status, 2, args.join(' '))
    t.regex(errors, message)
    t.notRegex(errors, /\n {4}at /)
  }
})

testOnce('a file, flags above it, and another file while it runs', async (t) => {
  using folder = new Folder()
  const file = folder.file('pool.json')
  const socket = folder.file('pool.sock')
  const write = (config: object) => writeFileSync(file, JSON.stringify(config))
  write({ pool: { filename: TASKS, min_workers: 1, max_workers: 3 }, service: { socket, max_body_size: 100 } })
  t.regex((await run('serve', '--config', file, '--check'))[1], /is good, and a worker has loaded .*tasks\.js/)
  const [, , wrong] = await run('serve', 'none.js', '--config', file, '--min-workers', '5', '--log-level', 'loud')
  t.regex(wrong, /^ {2}- the worker module: pool\.filename: there is no file .*none\.js/m)
  t.regex(wrong, /^ {2}- --log-level: logging\.level: must be one of/m)
  t.regex(wrong, /^ {2}- --min-workers: pool\.min_workers: must be at most max_workers \(3\)/m)
  const daemon = new Program(['serve', '--config', file, '--max-workers', '1'])
  await daemon.says('the daemon is ready')
  const client = connect(socket)
  t.is((await client.resize({ min: 1 })).maxWorkers, 1, 'the flag counts')
  await t.throwsAsync(client.run(undefined, 'x'.repeat(200)), { code: 'ERR_HATCHERY_BODY_TOO_LARGE' })

  t.deepEqual([modeOf(socket), await statusOf(socket, '/')], [0o600, 404])
  const service = { socket, max_body_size: '1MiB', socket_mode: '0660', request_timeout: '5s', ui: true }
  const monitoring = { enable_tracing: true }
  write({ pool: { filename: TASKS, retries: 2 }, service, logging: { max_files: 1 }, monitoring })
  daemon.process.kill('SIGHUP')
  const { applied, restart } = await daemon.says('configuration was read anew')
  t.true(applied.includes('service.max_body_size') && applied.includes('pool.retries'), `${applied}`)
  t.true(applied.includes('service.request_timeout') && applied.includes('logging.max_files'), `${applied}`)
  t.deepEqual(restart, ['monitoring.enable_tracing'])
  t.deepEqual([modeOf(socket), await statusOf(socket, '/')], [0o660, 200])
  // Something that only a restart would find out.
  write({ pool: { filename: TASKS }, service: { socket, port: 0, host: '0.0.0.0', allow_anonymous: true } })
  daemon.process.kill('SIGHUP')
  t.regex((await daemon.says('is no good: the one before holds'))['err'].message, /reached from other machines/)
  daemon.output = ''
  write({ pool: { max_workers: 3 }, service })
  daemon.process.kill('SIGHUP')
  t.regex((await daemon.says('is no good: the one before holds'))['err'].message, /no tasks: name the module/)
  daemon.output = ''
  t.is((await client.run(undefined, 'x'.repeat(200))).length, 200)

  writeFileSync(file, '{ "pool": { "retries": "many" } }')
  daemon.process.kill('SIGHUP')
  const { err } = await daemon.says('is no good: the one before holds')
  t.regex(err.message, /retries/)
  t.is(await client.run(undefined, 'still'), 'still')

  daemon.output = ''
  const log = folder.file('pool.log')
  const logs = (text: string) => until(() => existsSync(log) && readFileSync(log, 'utf8').includes(text), 10_000, text)
  write({
    pool: { filename: TASKS },
    service: { ...service, ui: false },
    logging: { file: folder.file('none/pool.log') },
  })
  daemon.process.kill('SIGHUP')
  t.is((await daemon.says('is no good: the one before holds'))['err'].code, 'ERR_HATCHERY_LOG_FILE')
  t.is(await statusOf(socket, '/'), 200, 'all is as before')
  write({ pool: { filename: TASKS }, service: { ...service, ui: false }, logging: { file: log } })
  daemon.process.kill('SIGHUP')
  await logs('the configuration was read anew')
  t.is(await statusOf(socket, '/'), 404)
  client.close()
  daemon.output = ''
  daemon.process.kill('SIGTERM')
  t.is(await daemon.ended, 0)
  await logs('the daemon has ended')
  t.is(daemon.output, '')
  writeFileSync(file, '{ "pool": { "retries": "many" } }')
  const [code, , errors] = await run('serve', '--config', file, '--check')
  t.is(code, 1)
  t.regex(errors, /pool\.json.*retries/s)
})

testEach('a module that cannot be loaded ends the start, and says why', async (t, startMethod) => {
  using folder = new Folder()
  const socket = folder.file('pool.sock')
  const calls = [[], ['--min-workers', '0'], ['--check']].map(async (args) => {
    const env = { HATCHERY_POOL_START_METHOD: startMethod }
    const daemon = new Program(['serve', BROKEN, '--socket', `${socket}${args[0] ?? ''}`, ...args], env)
    t.is(await daemon.ended, 1)
    t.regex(
      daemon.errors,
      /broken\.js.*broken on purpose.*\(ERR_HATCHERY_\w+\)\n {4}at .*broken\.js:\d+/,
      daemon.errors,
    )
    t.false(daemon.output.includes('is ready'), daemon.output)
  })
  await Promise.all(calls)
  const none = new Daemon(['--min-workers', '0'], { folder })
  await none.says('the daemon is ready')
  t.is((await none.client.stats()).service.minWorkers, 0)
  none.client.close()
  none.process.kill('SIGTERM')
  t.is(await none.ended, 0)
})

testOnce('what workers print is in the log, and the end of it with their crashes', async (t) => {
  using folder = new Folder()
  const socket = folder.file('pool.sock')
  const daemon = new Program(['serve', TASKS, '--socket', socket, '--max-workers', '1'])
  await daemon.says('the daemon is ready')
  const client = connect(socket)
  await client.run('complain', 'last words').catch(() => {})
  await daemon.says('last words')
  const [crash] = (await until(
    async () => {
      const crashes = await client.crashes()
      return crashes.length > 0 && crashes
    },
    10_000,
    'the crash is known',
  )) as Awaited<ReturnType<typeof client.crashes>>
  t.like(crash!, { signal: 'SIGKILL', taskName: 'complain' })
  t.regex(crash!.stderr!, /last words/)
  client.close()
  daemon.process.kill('SIGTERM')
  t.is(await daemon.ended, 0)
})
