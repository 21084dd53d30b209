import test from 'ava'
import { listen, PendingTasks } from '../helpers/internal.js'

/** Adds a task and gives its ticket and its promise. */
function add(tasks: PendingTasks, functionId = 0): [ticket: number, promise: Promise<unknown>] {
  let ticket = -1
  const promise = new Promise((resolve) => {
    ticket = tasks.add(resolve, functionId)
  })
  return [ticket, promise]
}

test('tickets are given out again once settled, not before', async (t) => {
  const tasks = new PendingTasks()
  const [a, first] = add(tasks, 5)
  const [b, second] = add(tasks, 6)
  t.not(a, b)
  t.is(tasks.functionOf(a), 5)
  tasks.resolve(a, 1)
  const [c, third] = add(tasks, 7)
  t.is(c, a)
  t.is(tasks.functionOf(c), 7)
  t.is(tasks.functionOf(b), 6)
  tasks.reject(b, 2)
  t.is(tasks.size, 1)
  t.is(await first, 1)
  t.is(await second.catch((reason: unknown) => ['no', reason]).then(String), 'no,2')
  t.is(tasks.completed, 1)
  t.is(tasks.rejected, 1)
  t.true(tasks.has(c))
  t.false(tasks.has(b))
  t.false(tasks.has(99))
  tasks.resolve(c, 3)
  t.is(await third, 3)
})

test('a promise can be rejected with anything, also with a thenable', async (t) => {
  const tasks = new PendingTasks()
  // biome-ignore lint/suspicious/noThenProperty: it is the case
  for (const reason of [undefined, null, 'text', new Error('e'), { then: () => t.fail() }]) {
    const [ticket, promise] = add(tasks)
    tasks.reject(ticket, reason)
    await promise.then(
      () => t.fail(),
      (error: unknown) => t.is(error, reason),
    )
  }
})

test('many at a time, settled in any order: each gets what is its own', async (t) => {
  const tasks = new PendingTasks()
  for (let round = 0; round < 3; round++) {
    const all = Array.from({ length: 5000 }, (_, index) => add(tasks, index))
    t.is(new Set(all.map(([ticket]) => ticket)).size, 5000)
    const order = all.map((_, index) => (index * 7919) % 5000)
    for (const index of order) {
      t.is(tasks.functionOf(all[index]![0]), index)
      tasks.resolve(all[index]![0], index)
    }
    t.is(tasks.size, 0)
    t.deepEqual(
      await Promise.all(all.map(([, promise]) => promise)),
      all.map((_, index) => index),
    )
    t.false(all.some(([ticket]) => tasks.has(ticket)))
  }
})

test('rejectAll settles each once and keeps the tickets back', async (t) => {
  const tasks = new PendingTasks()
  const all = [add(tasks), add(tasks), add(tasks)]
  tasks.rejectAll('closed')
  tasks.rejectAll('again')
  const outcomes = await Promise.allSettled(all.map(([, promise]) => promise))
  t.deepEqual(outcomes, new Array(3).fill({ status: 'rejected', reason: 'closed' }))
  t.is(tasks.size, 0)
  t.is(tasks.rejected, 3)
  t.false(all.some(([ticket]) => ticket === add(tasks)[0]))
})

test('a signal is listened to until the task settles', async (t) => {
  const tasks = new PendingTasks()
  const controller = new AbortController()
  let aborts = 0
  const cancel = () => {
    aborts++
    return true
  }
  for (const settle of ['resolve', 'reject'] as const) {
    const [ticket, promise] = add(tasks)
    listen(controller.signal, cancel)
    tasks.attach(ticket, { signal: controller.signal, cancel, onProgress: undefined })
    tasks[settle](ticket, undefined)
    t.is(tasks.extrasOf(ticket), undefined)
    await promise.catch(() => {})
  }
  controller.abort()
  t.is(aborts, 0)
})
