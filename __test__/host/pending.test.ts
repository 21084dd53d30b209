import test from 'ava'
import { PendingTasks } from '../helpers/internal.js'

test('tickets are given out again once settled, not before', (t) => {
  const tasks = new PendingTasks()
  const log: unknown[] = []
  const add = (name: string) =>
    tasks.add(
      (value) => log.push([name, value]),
      (reason) => log.push([name, 'no', reason]),
      0,
    )
  const [a, b] = [add('a'), add('b')]
  t.not(a, b)
  tasks.resolve(a, 1)
  t.is(add('c'), a)
  tasks.reject(b, 2)
  t.is(tasks.size, 1)
  t.deepEqual(log, [
    ['a', 1],
    ['b', 'no', 2],
  ])
  t.is(tasks.completed, 1)
  t.is(tasks.rejected, 1)
  t.true(tasks.has(a))
  t.false(tasks.has(b))
  t.false(tasks.has(99))
})

test('rejectAll settles each once and keeps the tickets back', (t) => {
  const tasks = new PendingTasks()
  let rejected = 0
  const tickets = [0, 1, 2].map(() =>
    tasks.add(
      () => t.fail(),
      () => rejected++,
      0,
    ),
  )
  tasks.rejectAll('closed')
  tasks.rejectAll('again')
  t.is(rejected, 3)
  t.is(tasks.size, 0)
  t.false(
    tickets.includes(
      tasks.add(
        () => {},
        () => {},
        0,
      ),
    ),
  )
})

test('a signal is listened to until the task settles', (t) => {
  const tasks = new PendingTasks()
  const controller = new AbortController()
  let aborts = 0
  const onAbort = () => {
    aborts++
  }
  for (const settle of ['resolve', 'reject'] as const) {
    const ticket = tasks.add(
      () => {},
      () => {},
      0,
    )
    controller.signal.addEventListener('abort', onAbort)
    tasks.attach(ticket, { signal: controller.signal, onAbort, onProgress: undefined })
    tasks[settle](ticket, undefined)
    t.is(tasks.extrasOf(ticket), undefined)
  }
  controller.abort()
  t.is(aborts, 0)
})
