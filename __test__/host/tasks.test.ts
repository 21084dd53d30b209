import test from 'ava'
import { cancelledError, failureToError, HatcheryError, makeTasks } from '../helpers/internal.js'

test('every property is a function that calls the export of that name', async (t) => {
  const calls: unknown[] = []
  const streams: unknown[] = []
  const tasks = makeTasks<Record<string, (...parameters: unknown[]) => Promise<any>>>(
    async (...call) => calls.push(call),
    (...call) => streams.push(call) as never,
    (...call) => calls.push(['sync', ...call.slice(0, 3)]),
  )
  tasks['list']!.stream('a', 'b')
  tasks['list']!.with({ highWaterMark: 5 } as object).stream()
  t.deepEqual(streams, [
    ['list', ['a', 'b'], undefined],
    ['list', [], { highWaterMark: 5 }],
  ])
  await tasks['add']!(1, 2)
  await tasks['add']!.with({ timeout: 5 })(3)
  await tasks['none']!()
  tasks['add']!.sync(4)
  tasks['add']!.with({ timeout: 6 }).sync()
  t.deepEqual(calls, [
    ['add', [1, 2], undefined],
    ['add', [3], { timeout: 5 }],
    ['none', [], undefined],
    ['sync', 'add', [4], undefined],
    ['sync', 'add', [], { timeout: 6 }],
  ])
  t.is(tasks['add'], tasks['add'])
})

test('the object itself is inert: it can be awaited, printed and stringified', async (t) => {
  const tasks = makeTasks<Record<string, () => unknown>>(
    async () => t.fail(),
    () => t.fail() as never,
    () => t.fail(),
  )
  t.is(await tasks, tasks)
  t.is(JSON.stringify(tasks), '{}')
  t.is(Object.prototype.toString.call(tasks), '[object Object]')
  t.throws(() => Object.assign(tasks, { add: 1 }))
})

test('a failure of the driver becomes an error with its details', (t) => {
  const error = failureToError(
    { code: 'ERR_HATCHERY_WORKER_SIGNALLED', message: 'killed', signal: 'SIGKILL', worker: 3, pid: 77, attempt: 2 },
    { taskName: 'resize' },
  )
  t.true(error instanceof HatcheryError)
  t.is(error.code, 'ERR_HATCHERY_WORKER_SIGNALLED')
  t.like(error, { message: 'killed', signal: 'SIGKILL', workerId: 3, pid: 77, attempt: 2, taskName: 'resize' })
  t.false('exitCode' in error)
})

test('the cause of a failed start is an error too', (t) => {
  const cause = { name: 'TypeError', message: 'boo', stack: 'TypeError: boo\n    at preload.js:1' }
  const error = failureToError({ code: 'ERR_HATCHERY_PRELOAD_FAILED', message: 'preload.js threw', cause })
  t.true(error.cause instanceof TypeError)
  t.like(error.cause as Error, cause)
  const nested = failureToError({ message: '', cause: { ...cause, code: 'E_X', cause: { message: 'deeper' } } }).cause
  t.like(nested as Error, { code: 'E_X', message: 'boo' })
  t.is(((nested as Error).cause as Error).message, 'deeper')
  t.is(failureToError({ code: 'ERR_OTHER' }).code, 'ERR_HATCHERY_POOL_FAILED')
})

test('names of timeouts and aborts are those that users know', (t) => {
  t.is(failureToError({ code: 'ERR_HATCHERY_TASK_TIMEOUT', message: '', timeout: 5 }).name, 'TimeoutError')
  const error = cancelledError('why', 'f')
  t.is(error.name, 'AbortError')
  t.is(error.cause, 'why')
})
