/** Tasks over the daemon's HTTP API, as curl sees it. */
import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { type Answer, curl, Daemon } from '../helpers/daemon.js'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const codeOf = ({ json }: Answer): unknown => json?.error?.code

testOnce('a task is run, waited for, fetched, listed, forgotten', async (t) => {
  await using daemon = await Daemon.start()
  const waited = await daemon.request('/v1/tasks', { json: { payload: { n: [1, null] }, wait: true } })
  t.is(waited.status, 200)
  t.like(waited.json, { name: 'default', state: 'completed', priority: 'normal', result: { n: [1, null] } })
  t.is((await daemon.request(`/v1/tasks/${waited.json.id}`)).status, 404, 'who has waited has it')

  const sent = await daemon.request('/v1/tasks', { json: { name: 'add', args: [2, 3], id: 'sum', priority: 'high' } })
  t.is(sent.status, 202)
  t.regex(sent.headers, /^location: \/v1\/tasks\/sum\r$/m)
  const result = await daemon.request('/v1/tasks/sum?wait=true')
  t.like(result.json, { id: 'sum', name: 'add', state: 'completed', priority: 'high', result: 5 })
  t.true(result.json.finishedAt >= result.json.createdAt)

  const again = await daemon.request('/v1/tasks', { json: { id: 'sum' } })
  t.deepEqual([again.status, codeOf(again)], [409, 'ERR_HATCHERY_DUPLICATE_ID'])
  const list = await daemon.request('/v1/tasks?state=completed')
  t.deepEqual(
    list.json.tasks.map(({ id }: { id: string }) => id),
    ['sum'],
  )
  t.is((await daemon.request('/v1/tasks/sum', { method: 'DELETE' })).status, 200)
  t.is(codeOf(await daemon.request('/v1/tasks/sum')), 'ERR_HATCHERY_NOT_FOUND')
})

testOnce('bytes go in and come out as they are', async (t) => {
  await using daemon = await Daemon.start()
  const body = Buffer.from([0, 1, 2, 254, 255])
  const headers = { 'content-type': 'application/octet-stream' }
  const answer = await daemon.request('/v1/tasks?name=reverse&wait=true&timeout=10000', { body, headers })
  t.is(answer.status, 200)
  t.regex(answer.headers, /content-type: application\/octet-stream/)
  t.deepEqual(answer.body, Buffer.from([255, 254, 2, 1, 0]))
  // Within JSON too, in both directions.
  const inside = { name: 'reverse', payload: { $bytes: body.toString('base64') }, wait: true }
  t.deepEqual((await daemon.request('/v1/tasks', { json: inside })).json.result, { $bytes: '//4CAQA=' })
  // Other results are JSON, whatever was sent.
  t.is((await daemon.request('/v1/tasks?wait', { body: '', headers })).body.length, 0)
  t.is((await daemon.request('/v1/tasks?name=pid&wait', { body, headers })).json.state, 'completed')
})

testOnce('failures have codes and statuses', async (t) => {
  await using daemon = await Daemon.start(['--ui'])
  // Somebody watches, and is told of each.
  const page = connectSocket(daemon.socket)
  page.write('GET /v1/dashboard HTTP/1.1\r\nhost: d\r\n\r\n')
  await once(page, 'data')
  const run = (json: object) => daemon.request('/v1/tasks', { json: { wait: true, ...json } })
  const thrown = await run({ name: 'fail', payload: 'no' })
  t.is(thrown.status, 500)
  t.like(thrown.json.error, { code: 'thrown', name: 'RangeError', message: 'no', properties: { code: 'E_OWN' } })
  const died = await run({ name: 'die' })
  t.is(died.status, 502)
  t.like(died.json.error, { code: 'ERR_HATCHERY_WORKER_SIGNALLED', signal: 'SIGKILL', taskName: 'die' })
  const expected: [object, number, string][] = [
    [{ name: 'nothing' }, 404, 'ERR_HATCHERY_TASK_UNKNOWN'],
    [{ name: 'then', args: [] }, 404, 'ERR_HATCHERY_TASK_UNKNOWN'],
    [{ name: 'wait', timeout: 50 }, 504, 'ERR_HATCHERY_TASK_TIMEOUT'],
    [{ name: 'cycle' }, 422, 'ERR_HATCHERY_DATA_CLONE'],
    [{ name: 'add', stream: true }, 422, 'ERR_HATCHERY_NOT_ITERABLE'],
    [{ priority: 'urgent' }, 400, 'ERR_HATCHERY_INVALID_OPTION'],
    [{ priority: 'urgent', wait: false }, 400, 'ERR_HATCHERY_INVALID_OPTION'],
    [{ timeout: -1 }, 400, 'ERR_HATCHERY_INVALID_OPTION'],
    [{ args: [], payload: 1 }, 400, 'ERR_HATCHERY_BAD_REQUEST'],
    [{ filename: '/etc/passwd' }, 400, 'ERR_HATCHERY_BAD_REQUEST'],
    [{ id: '../x' }, 400, 'ERR_HATCHERY_BAD_REQUEST'],
    [{ name: 'n'.repeat(257) }, 400, 'ERR_HATCHERY_BAD_REQUEST'],
    [{ wait: 'long' }, 400, 'ERR_HATCHERY_BAD_REQUEST'],
  ]
  for (const [json, status, code] of expected) {
    const answer = await run(json)
    t.deepEqual([answer.status, codeOf(answer)], [status, code], JSON.stringify(json))
  }
  const json = { 'content-type': 'application/json' }
  const odd: [object, string, number][] = [
    [{ body: '{"name":', headers: json }, '/v1/tasks', 400],
    [{ body: '[]', headers: json }, '/v1/tasks', 400],
    [{ body: 'a=b' }, '/v1/tasks', 400],
    [{ method: 'POST' }, '/v1/tasks', 400],
    [{ method: 'DELETE' }, '/v1/tasks', 405],
    [{}, '/v2/tasks', 404],
    [{}, '/v1/tasks?limit=0', 400],
    [{ json: { payload: 1 } }, '/v1/tasks?wait=true', 400],
    [{ body: 'x', headers: { 'content-type': 'application/octet-stream' } }, '/v1/tasks?nam=echo', 400],
    [{}, '/v1/tasks/%ff', 404],
  ]
  for (const [init, path, status] of odd) {
    const answer = await daemon.request(path, init)
    t.is(answer.status, status, `${path} ${answer.body}`)
    t.is(typeof codeOf(answer), 'string')
  }
  const message = async (path: string, init?: object) => (await daemon.request(path, init)).json.error.message
  t.is(
    await message('/v1/tasks?limt=5'),
    'There is no query parameter "limt" (did you mean "limit"?); /v1/tasks takes state, limit.',
  )
  t.is(await message('/v1/stats?x'), 'There is no query parameter "x"; /v1/stats takes none.')
  t.regex(
    await message('/v1/tasks', { json: { nmae: 'echo' } }),
    /^There is no field "nmae" \(did you mean "name"\?\); a task takes /,
  )
  const hostile = [
    { $bytes: { length: 2 ** 40 } },
    { $bytes: 1 },
    { $bytes: 'aGF0Y2g?' },
    { $bytes: 'aGF0Y2g==' },
    { $bigint: '9'.repeat(20_000) },
    { $bigint: '' },
    { $date: 'x' },
    { $date: '5' },
    { $number: 'x' },
    { $number: ' ' },
    { $set: 'abc' },
    { $map: ['ab'] },
    { $map: [['key', 1, 2]] },
    { $object: [[1, 2]] },
  ]
  for (const content of hostile) {
    const answer = await run({ payload: { deep: [content] } })
    t.deepEqual([answer.status, codeOf(answer)], [400, 'ERR_HATCHERY_BAD_REQUEST'], `${answer.body}`)
    t.true(answer.json.error.message.includes(`${Object.keys(content)[0]} must be `), `${answer.body}`)
  }
  const fine = { $map: [[{ $date: '2026-01-31' }, { $bytes: 'aGF0Y2g' }]] }
  t.deepEqual((await daemon.request('/v1/tasks', { json: { payload: fine, wait: true } })).json.result, {
    $map: [[{ $date: '2026-01-31T00:00:00.000Z' }, { $bytes: 'aGF0Y2g=' }]],
  })
  const oddly = await run({ name: 'failOddly' })
  t.deepEqual([oddly.status, codeOf(oddly)], [500, 'thrown'])
  const strangely = await run({ name: 'failStrangely' })
  t.deepEqual([strangely.status, codeOf(strangely)], [500, 'thrown'])
  t.is(strangely.json.error.name, 'a value that cannot be turned into text')
  t.regex((await daemon.request('/v1/stats', { method: 'DELETE' })).headers, /^allow: get, head\r$/m)
  t.is((await daemon.request('/v1/tasks', { json: { payload: 1, wait: true } })).json.result, 1, 'it goes on')
  page.destroy()
})

testOnce('a waiting client that disconnects cancels its task, unless that is detached', async (t) => {
  await using daemon = await Daemon.start()
  const { client } = daemon
  const body = (fields: object) => JSON.stringify({ name: 'wait', wait: true, ...fields })
  const post = (text: string) => {
    const socket = connectSocket(daemon.socket)
    socket.write(
      `POST /v1/tasks HTTP/1.1\r\nhost: d\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n`,
    )
    socket.write(text)
    return socket
  }
  const leaves = post(body({ id: 'leaves' }))
  await until(async () => (await client.list()).tasks.some(({ state }) => state === 'running'), 10_000, 'it runs')
  const waits = post(body({ id: 'waits', detach: true }))
  await until(async () => (await client.list()).pending === 2, 10_000, 'both are there')
  leaves.destroy()
  waits.destroy()
  await until(async () => (await client.list()).pending === 1, 10_000, 'one was cancelled')
  await t.throwsAsync(client.task('leaves'), { code: 'ERR_HATCHERY_NOT_FOUND' })
  t.is((await client.task('waits')).id, 'waits')
  const cancelled = await daemon.request('/v1/tasks/waits?reason=enough', { method: 'DELETE' })
  t.is(cancelled.json.state, 'cancelled')
  t.like(cancelled.json.error, { code: 'ERR_HATCHERY_TASK_CANCELLED', cause: { value: 'enough' } })
  const stats = await client.stats()
  t.is(stats.cancelled, 2)
})

testOnce('so does one that has sent several requests one behind the other', async (t) => {
  await using daemon = await Daemon.start()
  const { client } = daemon
  const body = JSON.stringify({ name: 'wait', wait: true })
  const head = `POST /v1/tasks HTTP/1.1\r\nhost: d\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
  const socket = connectSocket(daemon.socket)
  socket.write(`${head}\r\n\r\n${body}`.repeat(3))
  await until(async () => (await client.list()).pending === 3, 10_000, 'all are there')
  socket.destroy()
  await until(async () => (await client.list()).pending === 0, 10_000, 'all were cancelled')
  t.is((await client.stats()).cancelled, 3)
})

testOnce('what waits longer than it may gets the state; a waited task that is cancelled, 499', async (t) => {
  await using daemon = await Daemon.start()
  const answer = await daemon.request('/v1/tasks', { json: { name: 'wait', id: 'w', wait: 20 } })
  t.is(answer.status, 202)
  t.regex(answer.json.state, /queued|running/)
  const other = daemon.request('/v1/tasks', { json: { id: 'other', wait: true } })
  await until(async () => (await daemon.client.list()).pending === 2, 10_000, 'another one waits')
  await daemon.client.cancel('other')
  t.deepEqual(await other.then((cancelled) => [cancelled.status, codeOf(cancelled)]), [
    499,
    'ERR_HATCHERY_TASK_CANCELLED',
  ])
  await daemon.client.cancel('w')
})

testOnce('a wrong method is told the right ones, HEAD has an end, messages say what to do', async (t) => {
  await using daemon = await Daemon.start()
  await daemon.client.submit('wait', undefined, { id: 'w' })
  const wrong = await daemon.request('/v1/tasks/w', { method: 'PUT' })
  t.is(wrong.status, 405)
  t.regex(wrong.headers, /^allow: get, head, delete\r$/m)
  t.regex(wrong.json.error.message, /takes GET, HEAD, DELETE, not PUT/)
  for (const path of ['/v1/events', '/v1/tasks/w/events']) {
    const response = await curl(['--head', '--unix-socket', daemon.socket], `http://d${path}`, {})
    t.is(response.status, 200, path)
    t.regex(response.headers, /text\/event-stream/)
  }
  await daemon.client.cancel('w')
  const cyclic = await daemon.request('/v1/tasks', { json: { name: 'cycle', wait: true } })
  t.regex(
    cyclic.json.error.message,
    /circular structure[^\n]*Have the function return plain data without cycles, or bytes\.$/,
  )
  await daemon.client.drain()
  const quiet = await daemon.request('/v1/tasks', { json: {} })
  t.regex(quiet.json.error.message, /take no tasks for now.*POST \/v1\/pool\/resume/)
  const large = await daemon.request('/v1/stats', { headers: { 'x-large': 'x'.repeat(20_000) } })
  t.deepEqual([large.status, codeOf(large)], [431, 'ERR_HATCHERY_BAD_REQUEST'])
  t.regex(large.json.error.message, /headers are larger than the 16384 bytes/)
})

testOnce('bodies are bounded together, from their first byte until their task has settled', async (t) => {
  const env = { HATCHERY_SERVE_MAX_PENDING_BYTES: '3000', HATCHERY_SERVE_MAX_BODY_SIZE: '2000' }
  await using daemon = await Daemon.start([], { env })
  const { client } = daemon
  const payload = 'x'.repeat(1500)
  await client.submit('wait', payload, { id: 'first' })
  const full = await daemon.request('/v1/tasks', { json: { payload, wait: true } })
  t.deepEqual([full.status, codeOf(full)], [429, 'ERR_HATCHERY_QUEUE_FULL'])
  t.regex(full.json.error.message, /max_pending_bytes.*when some of them are done/)
  t.regex(full.headers, /^retry-after: 1\r$/m)
  // Of unknown length: as soon as it is too much.
  const chunked = { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' }
  t.is((await daemon.request('/v1/tasks?wait', { body: payload, headers: chunked })).status, 429)
  t.like((await daemon.request('/v1/pool/resize', { json: { workers: 1 } })).json, { maxWorkers: 1 }, 'it can be led')
  const asking = connectSocket(daemon.socket)
  const head = 'POST /v1/pool/resize HTTP/1.1\r\nhost: d\r\ncontent-type: application/json\r\ncontent-length: 1900\r\n'
  asking.write(`${head}expect: 100-continue\r\n\r\n`)
  t.regex(String((await once(asking, 'data'))[0]), /^HTTP\/1\.1 100 /, 'also by whoever asks first')
  asking.destroy()
  // One that is being read, and breaks off.
  const socket = connectSocket(daemon.socket)
  socket.write('POST /v1/tasks HTTP/1.1\r\nhost: d\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n')
  socket.write('y'.repeat(500))
  const bytes = async () => (await client.stats()).service.pendingBytes
  await until(async () => (await bytes()) > 2000, 10_000, 'what has come counts')
  socket.destroy()
  await until(async () => (await bytes()) < 2000, 10_000, 'and no more')
  await client.cancel('first')
  t.is(await bytes(), 0)
  t.is((await client.run(undefined, payload)).length, 1500)
})

testOnce('what is kept, taken and read is bounded', async (t) => {
  const limits = {
    HATCHERY_SERVE_MAX_RESULTS: '2',
    HATCHERY_SERVE_MAX_BODY_SIZE: '1024',
    HATCHERY_SERVE_MAX_IN_FLIGHT: '2',
  }
  await using daemon = await Daemon.start(['--max-queue', '1'], { env: limits })
  for (const id of ['a', 'b', 'c']) await daemon.request('/v1/tasks', { json: { id, detach: true, wait: true } })
  const { json } = await daemon.request('/v1/tasks')
  t.deepEqual(
    json.tasks.map(({ id }: { id: string }) => id),
    ['c', 'b'],
    'the oldest has gone',
  )

  const large = { body: Buffer.alloc(2048), headers: { 'content-type': 'application/octet-stream' } }
  t.is((await daemon.request('/v1/tasks?wait', large)).status, 413)
  const chunked = { ...large, headers: { ...large.headers, 'transfer-encoding': 'chunked' } }
  t.is((await daemon.request('/v1/tasks?wait', chunked)).status, 413)

  await daemon.client.submit('wait', undefined, { id: 'first' })
  await daemon.client.submit('wait', undefined, { id: 'second' })
  const full = await daemon.request('/v1/tasks', { json: { wait: true } })
  t.deepEqual([full.status, codeOf(full)], [429, 'ERR_HATCHERY_QUEUE_FULL'])
  t.regex(full.headers, /^retry-after: 1\r$/m)
  await Promise.all([daemon.client.cancel('first'), daemon.client.cancel('second')])
})

testOnce('quiet, drain, resume, resize, reload, and workers that are replaced', async (t) => {
  await using daemon = await Daemon.start()
  using gate = new Gate()
  const { client } = daemon
  const running = client.run('gate', gate.path)
  await gate.entered()
  await client.quiet()
  const refused = await daemon.request('/v1/tasks', { json: { wait: true } })
  t.deepEqual([refused.status, codeOf(refused)], [503, 'ERR_HATCHERY_QUIET'])
  const drained = daemon.request('/v1/pool/drain', { method: 'POST' })
  gate.open()
  t.is(await running, 'passed')
  t.like((await drained).json, { quiet: true, pending: 0 })
  await client.resume()
  const before = await client.run('pid')
  t.like((await daemon.request('/v1/pool/resize', { json: { min: 1, max: 2 } })).json, { minWorkers: 1, maxWorkers: 2 })
  t.is((await daemon.request('/v1/pool/resize', { json: { min: 3, max: 2 } })).status, 400)
  t.is((await daemon.request('/v1/pool/resize', { json: {} })).status, 400)
  t.is((await daemon.request('/v1/pool/resize', { json: { workers: 1, max: 2 } })).status, 400)
  const { id } = (await client.stats()).workers[0]!
  t.is((await daemon.request(`/v1/workers/${id}/restart`, { method: 'POST' })).status, 202)
  await until(async () => (await client.run('pid')) !== before, 10_000, 'another worker')
  t.is((await daemon.request('/v1/workers/999/restart', { method: 'POST' })).status, 404)
  await client.reload()
  t.is((await client.stats()).generation, 2)
  t.deepEqual(await client.quarantine(), [])
  t.true(Array.isArray(await client.crashes()))
})
