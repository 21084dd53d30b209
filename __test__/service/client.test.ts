/** `hatchery/client` against a daemon. */
import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, HatcheryError } from 'hatchery/client'
import { Daemon, Folder } from '../helpers/daemon.js'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce, thrownBy } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

type Tasks = typeof import('./fixtures/tasks.js')

watchForLeaks()

testOnce('values, tasks by name, bytes', async (t) => {
  await using daemon = await Daemon.start()
  const { client } = daemon
  const value = {
    text: 'ü',
    bytes: Buffer.from('in'),
    date: new Date(1),
    big: 12n,
    map: new Map([['k', new Set([1])]]),
    odd: { $bytes: 'not base64, but mine' },
    nan: Number.NaN,
    list: [null, -Infinity],
  }
  t.deepEqual(await client.run(undefined, value), value)
  t.is(await client.run(undefined, undefined), undefined)
  t.deepEqual(await client.run('reverse', Buffer.from('abc')), Buffer.from('cba'))
  const tasks = client.tasks<Tasks>()
  const sum: number = await tasks.add(2, 3)
  t.is(sum, 5)
  t.is(await tasks.add.with({ priority: 'high' })(1, 1), 2)
  t.deepEqual(await tasks.reverse(Buffer.from([1, 2])), Buffer.from([2, 1]))
  // What JSON has no word for, and errors as values: something to read, and never an empty object.
  t.deepEqual(await tasks.oddities(), {
    expression: '/a+/g',
    error: { name: 'TypeError', message: 'odd', cause: { name: 'Error', message: 'why' } },
    bytes: Buffer.from([1, 0, 2, 0]),
    list: [null, 1],
  } as never)
})

testOnce('errors are those of the pool, and of the task', async (t) => {
  await using daemon = await Daemon.start()
  const { client } = daemon
  const own = await rejection(client.run('fail', 'mine'))
  t.like(own, { name: 'RangeError', message: 'mine', code: 'E_OWN', detail: { n: 1 } })
  t.regex(own.stack, /at fail \(.*tasks\.js/)
  const died = await rejection(client.run('die'))
  t.true(died instanceof HatcheryError)
  t.like(died, { code: 'ERR_HATCHERY_WORKER_SIGNALLED', signal: 'SIGKILL', taskName: 'die' })
  t.is((await rejection(client.run('wait', undefined, { timeout: 30 }))).name, 'TimeoutError')
  await t.throwsAsync(client.run(undefined, undefined, { priority: 'x' as 'high' }), {
    code: 'ERR_HATCHERY_INVALID_OPTION',
  })
  const ring: unknown[] = []
  ring.push(ring)
  await t.throwsAsync(client.run(undefined, ring), { code: 'ERR_HATCHERY_DATA_CLONE' })
  await t.throwsAsync(client.run(undefined, { callback: () => {} }), { code: 'ERR_HATCHERY_DATA_CLONE' })
  await t.throwsAsync(client.wait('never'), { code: 'ERR_HATCHERY_NOT_FOUND' })
  for (const address of [undefined, null, '', 7070, 'ftp://x', 'http://', 'unix:/%zz']) {
    const wrong = thrownBy(() => connect(address as string))
    t.is(wrong.code, 'ERR_HATCHERY_INVALID_OPTION')
    t.regex(wrong.message, /path of its socket, or an http: or https: URL/)
  }
  const secret = thrownBy(() => connect('http://127.0.0.1:1', { token: 'secret-with a-space' }))
  t.is(secret.code, 'ERR_HATCHERY_INVALID_OPTION')
  t.false(secret.message.includes('secret-with'))
  t.is(thrownBy(() => connect('/x', { maxConnections: 0 })).code, 'ERR_HATCHERY_INVALID_OPTION')
  t.regex(
    thrownBy(() => connect('/x', { tokken: 'x' } as object)).message,
    /no option "tokken" \(did you mean "token"\?\)/,
  )
  const mistyped = [
    client.run('add', [1, 2], { onProgres: () => {} } as object),
    client.submit('add', [1, 2], { timout: 5 } as object),
    client.wait('x', { timeuot: 5 } as object),
    client.list({ limt: 5 } as object),
  ]
  for (const error of await Promise.all(mistyped.map(rejection))) t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
  for (const call of [
    () => client.watch({ statz: 1 } as object),
    () => client.stream('add', 1, { retry: 5 } as object),
  ]) {
    t.is(thrownBy(call).code, 'ERR_HATCHERY_INVALID_OPTION')
  }
})

testOnce('a signal cancels what is waited for, and only stops waiting for what is detached', async (t) => {
  await using daemon = await Daemon.start()
  using gate = new Gate()
  const { client } = daemon
  const abort = new AbortController()
  const running = rejection(client.run('wait', undefined, { signal: abort.signal }))
  await until(async () => (await client.list()).pending === 1, 10_000, 'it is there')
  abort.abort(new Error('enough'))
  t.is((await running).message, 'enough')
  await until(async () => (await client.list()).pending === 0, 10_000, 'it was cancelled')
  const leave = new AbortController()
  const kept = rejection(client.run('gate', gate.path, { id: 'kept', detach: true, signal: leave.signal }))
  await gate.entered()
  leave.abort()
  t.is((await kept).name, 'AbortError')
  const late = await rejection(client.wait('kept', { timeout: 20 }))
  t.like(late, { name: 'TimeoutError', code: 'ERR_HATCHERY_WAIT_TIMEOUT', timeout: 20 })
  t.is((await rejection(client.wait('kept', { timeout: -1 }))).code, 'ERR_HATCHERY_INVALID_OPTION')
  gate.open()
  t.is(await client.wait('kept'), 'passed')
  t.is((await client.task('kept')).state, 'completed')
})

testOnce('streams: items, progress, return value, errors, leaving early', async (t) => {
  await using daemon = await Daemon.start()
  using gate = new Gate()
  const { client } = daemon
  const items: number[] = []
  const stream = client.tasks<Tasks>().count.stream(3)
  for (;;) {
    const next = await stream.next()
    if (next.done === true) {
      t.is(next.value, 'counted')
      break
    }
    items.push(next.value)
  }
  t.deepEqual(items, [1, 2, 3])
  for await (const _ of client.stream('large', 100_000)) break
  await until(async () => (await client.list()).pending === 0, 10_000, 'it was cancelled')
  t.is((await rejection(client.stream('fail', 'in a stream').next())).message, 'in a stream')
  const left = client.stream('wait')
  const waiting = left.next()
  await until(async () => (await client.list()).pending === 1, 10_000, 'it is there')
  await left.return?.()
  t.deepEqual(await waiting, { done: true, value: undefined }, 'left while an item was waited for')
  await until(async () => (await client.list()).pending === 0, 10_000, 'it was cancelled as well')
  const progress: unknown[] = []
  const waits = client.stream('gate', gate.path, { onProgress: (value) => gate.open() ?? progress.push(value) })
  t.is((await rejection(waits.next())).code, 'ERR_HATCHERY_NOT_ITERABLE')
  t.deepEqual(progress, [{ at: 'gate' }])
})

testOnce('a proxy may have the daemon below a path', async (t) => {
  await using daemon = await Daemon.start()
  const proxy = createServer((request, response) => {
    const { method, headers, url = '' } = request
    if (!url.startsWith('/pools/one/v1/')) return response.writeHead(404).end()
    const path = url.slice('/pools/one'.length)
    const passed = forward({ socketPath: daemon.socket, method, headers, path, agent: false }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    request.pipe(passed)
    return undefined
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const client = connect(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/pools/one/`)
  t.is(await client.tasks<Tasks>().add(2, 3), 5)
  client.close()
  await new Promise((resolve) => proxy.close(resolve))
})

testOnce('run tells of progress, and has the same outcome', async (t) => {
  await using daemon = await Daemon.start()
  using gate = new Gate()
  const { client } = daemon
  const progress: unknown[] = []
  const onProgress = (value: unknown) => gate.open() ?? progress.push(value)
  t.is(await client.run('gate', gate.path, { onProgress }), 'passed')
  t.deepEqual(progress, [{ at: 'gate' }])
  t.deepEqual(await client.run('reverse', Buffer.from('abc'), { onProgress }), Buffer.from('cba'))
  t.like(await rejection(client.run('fail', 'mine', { onProgress })), { name: 'RangeError', code: 'E_OWN' })
  t.is((await rejection(client.run('die', undefined, { onProgress }))).code, 'ERR_HATCHERY_WORKER_SIGNALLED')
  const abort = new AbortController()
  const running = rejection(client.run('wait', undefined, { onProgress, signal: abort.signal }))
  await until(async () => (await client.list()).pending === 1, 10_000, 'it is there')
  abort.abort(new Error('enough'))
  t.is((await running).message, 'enough')
  await until(async () => (await client.list()).pending === 0, 10_000, 'it was cancelled')
})

testOnce('what is refused while it is being sent is told by its own code', async (t) => {
  await using daemon = await Daemon.start([], { env: { HATCHERY_SERVE_MAX_BODY_SIZE: '64KiB' } })
  // More than the kernel holds of a connection: it is still being sent when it is refused.
  for (const payload of ['x'.repeat(16 << 20), Buffer.alloc(16 << 20)]) {
    await t.throwsAsync(daemon.client.run(undefined, payload), { code: 'ERR_HATCHERY_BODY_TOO_LARGE' })
  }
  t.is(await daemon.client.run(undefined, 1), 1)
})

testOnce('a daemon that is not there, or goes away', async (t) => {
  using folder = new Folder()
  const nobody = connect(folder.file('none.sock'))
  const error = await rejection(nobody.run())
  t.is(error.code, 'ERR_HATCHERY_UNREACHABLE')
  t.regex(error.message, /is it running/)
  const stream = nobody.stream()
  await rejection(stream.next())
  t.is((await rejection(stream.id)).code, 'ERR_HATCHERY_UNREACHABLE')
  nobody.close()
  await using daemon = await Daemon.start()
  const running = rejection(daemon.client.run('wait'))
  await until(async () => (await daemon.client.list()).pending === 1, 10_000, 'it is there')
  daemon.process.kill('SIGKILL')
  t.is((await running).code, 'ERR_HATCHERY_UNREACHABLE')
})

testOnce('what commands does not wait behind tasks that are waited for', async (t) => {
  await using daemon = await Daemon.start()
  const client = connect(daemon.socket, { maxConnections: 2 })
  const ids = ['a', 'b', 'c']
  const waiting = ids.map((id) => rejection(client.run('wait', undefined, { id })))
  await until(async () => (await client.stats()).service.tasks.pending === 2, 10_000, 'two have a connection')
  await client.quiet()
  await client.resume()
  await client.cancel('a', 'enough')
  t.is((await waiting[0]!).code, 'ERR_HATCHERY_TASK_CANCELLED')
  await until(async () => (await client.list()).tasks.some(({ id }) => id === 'c'), 10_000, 'the third has its turn')
  await Promise.all([client.cancel('b'), client.cancel('c')])
  await Promise.all(waiting)
  client.close()
})
