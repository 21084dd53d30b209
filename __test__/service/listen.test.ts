/** Where the daemon listens, and whom it lets in. */

import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { connect } from 'hatchery/client'
import { CLI, curl, Daemon, Folder, Program } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'

watchForLeaks()

const TASKS = fileURLToPath(new URL('./fixtures/tasks.js', import.meta.url))
const TOKEN = 'a-token-of-some-length'

testOnce('the socket has its permissions, and goes with the daemon', async (t) => {
  await using daemon = await Daemon.start(['--socket-mode', '660'])
  t.is(lstatSync(daemon.socket).mode & 0o777, 0o660)
  daemon.process.kill('SIGTERM')
  t.is(await daemon.ended, 0)
  t.deepEqual(readdirSync(daemon.folder.path), [])
})

testOnce('a socket that nobody listens on is replaced, and nothing else', async (t) => {
  const folder = new Folder()
  await using first = new Daemon([], { folder })
  await first.says('the daemon is ready')
  const second = new Program(['serve', TASKS, '--socket', first.socket])
  t.is(await second.ended, 1)
  t.regex(second.errors, /The socket \S+pool\.sock is in use.*--socket.*ERR_HATCHERY_ADDRESS_IN_USE/)
  t.is(await first.client.run(undefined, 1), 1, 'the first one goes on')
  first.process.kill('SIGKILL')
  await first.ended
  t.true(existsSync(first.socket), 'it was left behind')
  await using third = new Daemon([], { folder })
  await third.says('the daemon is ready')
  t.is(await third.client.run(undefined, 3), 3)

  const link = folder.file('link.sock')
  symlinkSync(third.socket, link)
  const file = folder.file('file.sock')
  writeFileSync(file, 'keep')
  const nowhere = folder.file('none/pool.sock')
  const places = [
    [link, /symbolic link/],
    [file, /no socket/],
    [nowhere, /folder is not there/],
    [folder.file('a'.repeat(120)), /longer than the 107 bytes/],
  ] as const
  const tried = places.map(async ([path, reason]) => {
    const refused = new Program(['serve', TASKS, '--socket', path])
    t.is(await refused.ended, 1)
    t.regex(refused.errors, reason)
    t.regex(refused.errors, /ERR_HATCHERY_ADDRESS_UNAVAILABLE/)
  })
  await Promise.all(tried)
  t.true(lstatSync(link).isSymbolicLink())
  t.is(await third.client.run(undefined, 4), 4)
})

testOnce('a port that is taken is named', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await using daemon = new Daemon(['--port', String(port), '--allow-anonymous'])
  t.is(await daemon.ended, 1)
  t.regex(daemon.errors, new RegExp(`Port ${port} of 127.0.0.1 is in use.*--port.*ERR_HATCHERY_ADDRESS_IN_USE`))
  t.false(existsSync(daemon.socket), 'the socket is not left')
  await new Promise((resolve) => server.close(resolve))
})

testOnce('TCP wants a token, and no other site', async (t) => {
  using files = new Folder()
  const tokenFile = files.file('token')
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 })
  await using daemon = await Daemon.start(['--port', '0', '--token-file', tokenFile])
  const { url } = daemon
  const status = async (headers: Record<string, string>) => (await curl([], `${url}/v1/stats`, { headers })).status
  t.is(await status({}), 401)
  t.is(await status({ authorization: 'Bearer no-such-token-at-all' }), 401)
  const authorization = `Bearer ${TOKEN}`
  t.is(await status({ authorization }), 200)
  t.is(await status({ authorization, host: 'evil.example' }), 403, 'a name that was rebound')
  t.is(await status({ authorization, origin: 'http://evil.example' }), 403, 'a page of another site')
  t.is(await status({ authorization, host: `localhost:${new URL(url).port}` }), 200)
  t.is((await daemon.request('/v1/stats')).status, 200, 'the socket needs none')
  const client = connect(url, { token: readFileSync(tokenFile, 'utf8') })
  t.deepEqual(await client.tasks<{ add(a: number, b: number): number }>().add(1, 2), 3)
  client.close()
  const stranger = connect(url)
  await t.throwsAsync(stranger.run(), { code: 'ERR_HATCHERY_UNAUTHORIZED' })
  stranger.close()
  const challenge = await curl([], `${url}/v1/stats`, {})
  t.regex(challenge.headers, /^www-authenticate: bearer\r$/m)
})

testOnce('SIGHUP has another token asked for; one that is no good leaves the one before', async (t) => {
  using files = new Folder()
  const tokenFile = files.file('token')
  const write = (token: string) => writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 })
  write(TOKEN)
  await using daemon = await Daemon.start(['--port', '0', '--token-file', tokenFile])
  const status = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await curl([], `${daemon.url}/v1/stats`, { headers })).status
  }
  const other = 'another-token-of-some-length'
  write(other)
  t.deepEqual([await status(TOKEN), await status(other)], [200, 401], 'not before it is told')
  chmodSync(tokenFile, 0o644)
  daemon.process.kill('SIGHUP')
  t.deepEqual((await daemon.says('the configuration was read anew'))['applied'], ['service.token_file'])
  t.deepEqual([await status(TOKEN), await status(other)], [401, 200])
  t.truthy(await daemon.says('others can read the file'))
  write('short')
  daemon.process.kill('SIGHUP')
  const { err } = await daemon.says('is no good: the one before holds')
  t.regex(err.message, /at least 16 characters/)
  t.is(await status(other), 200)
  // Where there is no TCP nobody asks for one.
  await using local = await Daemon.start(['--token-file', files.file('none')])
  local.process.kill('SIGHUP')
  t.deepEqual((await local.says('the configuration was read anew'))['applied'], [])
})

/** Becomes a program that has two sockets of the manager, as systemd starts it: listening, and for this process alone. */
const ACTIVATE = `
import os, socket, sys
unix = socket.socket(socket.AF_UNIX)
unix.bind(sys.argv[1])
tcp = socket.socket()
tcp.bind(("127.0.0.1", 0))
for descriptor, listening in ((3, unix), (4, tcp)):
    listening.listen()
    os.dup2(listening.fileno(), descriptor + 10)
for descriptor in (3, 4): os.dup2(descriptor + 10, descriptor)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="control:http")
os.execv(sys.argv[2], sys.argv[2:])
`

testOnce('sockets of the service manager are served, each with the rules of its kind', async (t) => {
  using files = new Folder()
  const path = files.file('activated.sock')
  const tokenFile = files.file('token')
  writeFileSync(tokenFile, TOKEN, { mode: 0o600 })
  const start = (socket: string, env: NodeJS.ProcessEnv) => {
    const command = ['python3', '-c', ACTIVATE, socket, process.execPath, CLI]
    return new Program(['serve', TASKS, '--max-workers', '1'], env, command)
  }
  const open = start(files.file('open.sock'), {})
  t.is(await open.ended, 1)
  t.regex(open.errors, /TCP needs a token/)
  const daemon = start(path, { HATCHERY_SERVE_TOKEN_FILE: tokenFile })
  const { addresses } = await daemon.says('the daemon is ready')
  t.is(addresses[0], 'socket control')
  const client = connect(path)
  const environment: Record<string, string> = await client.run('environment')
  t.deepEqual(
    Object.keys(environment).filter((name) => name.startsWith('LISTEN_')),
    [],
  )
  t.is((await curl([], `${addresses[1]}/v1/stats`, {})).status, 401)
  t.is((await curl([], `${addresses[1]}/v1/stats`, { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200)
  client.close()
  daemon.process.kill('SIGTERM')
  t.is(await daemon.ended, 0)
  t.true(existsSync(path), 'it is the manager’s, who has it for the next start')
  const checked = new Program(['serve', TASKS, '--check'])
  t.is(await checked.ended, 0)
  t.regex(checked.errors, /names no address: the service manager/)
})

testOnce('addresses that would let anybody in are refused', async (t) => {
  using files = new Folder()
  const weak = files.file('weak')
  writeFileSync(weak, 'short')
  const open = [
    [['--port', '0'], /TCP needs a token/],
    [['--port', '0', '--host', '0.0.0.0', '--allow-anonymous'], /reached from other machines/],
    [['--port', '0', '--token-file', files.file('none')], /token cannot be read/],
    [['--port', '0', '--token-file', weak], /at least 16 characters/],
    [[], /nowhere to listen/],
    [['--socket', files.file('s')], /no tasks: name the module/],
  ] as const
  const tried = open.map(async ([args, reason]) => {
    const refused = new Program(['serve', ...args])
    t.is(await refused.ended, 1)
    t.regex(refused.errors, reason)
    t.regex(refused.errors, /ERR_HATCHERY_INVALID_OPTION/)
  })
  await Promise.all(tried)
  // Of a small image without /etc/passwd the error is the same, with another reason.
  const args = ['serve', TASKS, '--socket', files.file('s')]
  const owned = new Program(args, { HATCHERY_SERVE_SOCKET_OWNER: 'nobody-here' })
  t.is(await owned.ended, 1)
  t.regex(owned.errors, /no user "nobody-here".*a number will do.*ERR_HATCHERY_INVALID_OPTION/)
  const readable = files.file('readable')
  writeFileSync(readable, TOKEN)
  chmodSync(readable, 0o644)
  await using daemon = await Daemon.start(['--port', '0', '--token-file', readable])
  t.truthy(await daemon.says('others can read the file'))
  t.true(process.getuid!() >= 0)
})
