/** Server-Sent Events of the daemon. */
import { connect as connectSocket } from 'node:net'
import { Daemon } from '../helpers/daemon.js'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const TEXT = { accept: 'text/event-stream' }

testOnce('states, progress and result of a task; from any event on', async (t) => {
  await using daemon = await Daemon.start()
  using gate = new Gate()
  await daemon.client.submit('gate', gate.path, { id: 'g' })
  const seen: string[] = []
  for await (const { id, type, data } of daemon.client.events('g')) {
    seen.push(`${id} ${type} ${JSON.stringify(data)}`)
    if (type === 'progress') gate.open()
  }
  const rest = ['3 progress {"value":{"at":"gate"}}', '4 completed {"result":"passed"}']
  t.deepEqual(seen, ['1 state {"state":"queued"}', '2 state {"state":"running"}', ...rest])
  const later: string[] = []
  for await (const { id, type, data } of daemon.client.events('g', { lastEventId: 2 })) {
    later.push(`${id} ${type} ${JSON.stringify(data)}`)
  }
  t.deepEqual(later, rest)
  const failed = await daemon.request('/v1/tasks', { json: { name: 'fail', payload: 'no' }, headers: TEXT })
  t.regex(failed.body.toString(), /event: failed\ndata: {"error":{"code":"thrown","name":"RangeError"/)
  t.is((await daemon.request('/v1/tasks/none/events')).status, 404)
})

testOnce('items of a generator, by one request', async (t) => {
  await using daemon = await Daemon.start()
  const json = { name: 'count', payload: 2, stream: true }
  const { status, body } = await daemon.request('/v1/tasks', { json, headers: TEXT })
  t.is(status, 200)
  const text = body.toString()
  t.true(text.includes('event: item\ndata: {"value":1}\n\nid: 4\nevent: item\ndata: {"value":2}'), text)
  t.true(text.endsWith('event: completed\ndata: {"result":"counted"}\n\n'), text)
})

testOnce('a stream waits for its reader; one that leaves cancels it', async (t) => {
  await using daemon = await Daemon.start()
  const text = JSON.stringify({ name: 'large', payload: 100_000, stream: true, id: 'l' })
  const socket = connectSocket(daemon.socket)
  socket.pause()
  const head = `POST /v1/tasks HTTP/1.1\r\nhost: d\r\naccept: text/event-stream\r\ncontent-type: application/json`
  socket.write(`${head}\r\ncontent-length: ${text.length}\r\n\r\n${text}`)
  await until(async () => (await daemon.client.list()).pending === 1, 10_000, 'it is there')
  // It would be 400 MB; others are served meanwhile.
  t.regex((await daemon.client.task('l')).state, /queued|running/)
  let last = 0
  const abort = new AbortController()
  const read = daemon.client.events('l', { signal: abort.signal })
  for await (const { id } of read) {
    last = id
    if (last > 2000) break
  }
  t.true(last > 2000, 'whoever reads gets on')
  t.is((await daemon.client.list()).pending, 1)
  socket.destroy()
  await until(async () => (await daemon.client.list()).pending === 0, 10_000, 'it was cancelled')
})

testOnce('items are not lost to a slow reader, however large they are', async (t) => {
  await using daemon = await Daemon.start()
  const { client } = daemon
  const numbers: number[] = []
  const stream = client.stream<string, number>('heavy', 40)
  for (;;) {
    const { value, done } = await stream.next()
    if (done === true) {
      t.is(value, 40)
      break
    }
    // Long enough for the worker to get far ahead, if it were let.
    if (numbers.push(Number.parseInt(value, 10)) === 1) for (let round = 0; round < 100; round++) await client.stats()
  }
  t.deepEqual(
    numbers,
    Array.from({ length: 40 }, (_, index) => index + 1),
  )
})

testOnce('a reader that falls behind is told what it has missed', async (t) => {
  await using daemon = await Daemon.start()
  const { client } = daemon
  const stream = client.stream<number>('count', 1_000_000)
  let items = 0
  for await (const _ of stream) {
    if (++items < 2500) continue
    const [first, second] = await firstEvents(client.events(await stream.id, { lastEventId: 1 }), 2)
    t.is(first?.type, 'gap')
    const { missed } = first!.data as { missed: number }
    t.true(missed > 1000)
    t.is(second?.id, missed + 2)
    break
  }
})

testOnce('what happens to pool, workers and tasks is told to whoever watches', async (t) => {
  await using daemon = await Daemon.start()
  const { client } = daemon
  const abort = new AbortController()
  const types: string[] = []
  const watching = (async () => {
    for await (const { type, data } of client.watch({ stats: 100, signal: abort.signal })) {
      types.push(type)
      if (type === 'stats') t.is(typeof data.service.uptime, 'number')
    }
  })()
  await until(() => types.includes('stats'), 10_000, 'it watches')
  await client.run('die').catch(() => {})
  await client.run()
  await client.quiet()
  const wanted = ['task-submitted', 'task-failed', 'worker-exited', 'worker-started', 'task-completed', 'quiet']
  await until(() => wanted.every((type) => types.includes(type)), 10_000, `${wanted}`)
  t.false(types.includes('drain'), 'it has never been full')
  abort.abort()
  t.is((await rejection(watching)).name, 'AbortError')
  const past = await firstEvents(client.watch({ lastEventId: 0 }), 2)
  t.true(past[0]!.id > 0, 'what is kept can be had')
  t.is((await daemon.request('/v1/events?stats=1')).status, 400)
})

async function firstEvents<T>(events: AsyncIterable<T>, count: number): Promise<T[]> {
  const first: T[] = []
  for await (const event of events) if (first.push(event) === count) break
  return first
}
