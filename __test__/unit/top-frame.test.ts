/** The frames of `hatchery top`, from figures that are made up. */
import test from 'ava'
import { frameOf, PLAIN, pageOf, View, widthOf } from '../helpers/internal.js'

const TIMES = { p50: 0.087, p99: 12.34, p99_9: 90, max: 1234, count: 9 }
const recent = { window: 61_000, waitTime: TIMES, runTime: { ...TIMES, count: 0 } }

function worker(id: number, more: object = {}) {
  return {
    id,
    pid: 1000 + id,
    state: 'running',
    health: 'idle',
    completed: id,
    restarts: 0,
    rss: 45 << 20,
    cpu: id,
    age: 1000,
    utilization: 0,
    ...more,
  }
}

function sampleAt(at: number, figures: object = {}, crashes: object[] = []) {
  return { at, figures, crashes } as Parameters<View['take']>[0]
}

function full(workers = 3): View {
  const view = new View('/run/pool.sock')
  const list = Array.from({ length: workers }, (_, index) => worker(index + 1))
  view.take(sampleAt(0, { completed: 0, rejected: 0, workers: list }))
  const busy = {
    health: 'busy',
    inFlight: 3,
    tasks: [{ name: 'resize', duration: 1500 }],
    cpu: 1.5,
    age: 3000,
    utilization: 0.5,
  }
  const figures = {
    startMethod: 'fork',
    completed: 4000,
    rejected: 10,
    failed: 10,
    queued: 7,
    queues: { high: 0, normal: 7, low: 0 },
    waitTime: TIMES,
    runTime: TIMES,
    workers: [worker(1, busy), ...list.slice(1)],
    workersCrashed: 1,
    service: { pid: 1, uptime: 65_000, quiet: false, minWorkers: 1, maxWorkers: 4, recent },
  }
  const crash = {
    at: '2026-11-26T10:00:00.000Z',
    workerId: 9,
    pid: 99,
    message: 'it died',
    taskName: 'evil\x1b]0;title\x07',
    stderr: 'one\ntwo \x1b[2J\x1b[31mred\u009b\n',
  }
  view.take(sampleAt(2000, figures, [crash]))
  return view
}

test('an older daemon knows its times since the start alone', (t) => {
  const view = new View('/run/pool.sock')
  view.take(sampleAt(1000, { waitTime: TIMES, runTime: TIMES }))
  t.regex(pageOf(view, 120, PLAIN).join('\n'), /^run +p50 87 µs .* over 9 tasks since the start$/m)
})

const FACE = { selected: 1, message: undefined, help: false }

test('all figures have their place', (t) => {
  const text = pageOf(full(), 120, PLAIN).join('\n')
  for (const expected of [
    /^hatchery {2}\/run\/pool\.sock {2}pid 1 {2}up 1m 05s {2}fork +running$/m,
    /^tasks +4 000 done {3}10 failed$/m,
    /^rate +2 005 tasks\/s/m,
    /^queue +7 waiting {3}high 0 {2}normal 7 {2}low 0/m,
    /^wait +p50 87 µs {3}p99 12 ms {3}p99\.9 90 ms {3}max 1\.2 s {3}over 9 tasks in the last 1m 01s$/m,
    /^run +none in the last 1m 01s$/m,
    /^workers +3 \(of 1 to 4\) {3}75 % busy {3}1 crashed$/m,
    /^ +1 +1001 busy +resize \+2 +1\.5 s +1 +0 +45 MiB +25 %$/m,
    /worker 9 \(pid 99\) task evil.*: it died/,
    /\| two red/,
  ])
    t.regex(text, expected)
})

test('a frame fills the screen exactly, whatever its size; what is from elsewhere does nothing to the terminal', (t) => {
  for (const view of [full(), full(50), new View('x')]) {
    for (const [columns, rows] of [
      [110, 30],
      [80, 24],
      [40, 10],
      [10, 3],
      [200, 60],
    ] as const) {
      for (const help of [false, true]) {
        const lines = frameOf(view, { ...FACE, help }, { columns, rows }, PLAIN)
        t.is(lines.length, rows)
        for (const line of lines) {
          t.notRegex(line, /[\x00-\x1f\x7f-\x9f]/)
          t.true(widthOf(line) <= columns, `${columns}: ${line}`)
        }
      }
    }
  }
})

test('what there is no room for is left out whole, the least of it first', (t) => {
  const titleAt = (columns: number) =>
    frameOf(full(), FACE, { columns, rows: 24 }, PLAIN)
      .find((line) => / PID /.test(line))!
      .trim()
      .split(/ +/)
  t.deepEqual(titleAt(80), ['ID', 'PID', 'STATE', 'TASK', 'FOR', 'DONE', 'RESTARTS', 'RSS', 'CPU'])
  t.deepEqual(titleAt(60), ['ID', 'PID', 'STATE', 'TASK', 'FOR', 'DONE', 'RSS', 'CPU'])
  t.deepEqual(titleAt(40), ['PID', 'STATE', 'TASK', 'FOR', 'CPU'])
})

test('looks that follow each other at once say nothing of rates', (t) => {
  const view = new View('x')
  for (const [at, completed] of [
    [0, 0],
    [1000, 100],
    [1001, 101],
    [2000, 200],
  ] as const)
    view.take(sampleAt(at, { completed, rejected: 0 }))
  t.deepEqual(view.rates, [100, 100])
})

test('the selected worker is in sight; figures that are missing are not made up', (t) => {
  const lines = frameOf(full(50), { ...FACE, selected: 40 }, { columns: 100, rows: 24 }, PLAIN)
  t.true(lines.some((line) => /^> +40 /.test(line)))
  const bare = new View('x')
  bare.take(
    sampleAt(0, { pending: 1, waits: { high: 0, normal: 3, low: 0 }, workers: [{ id: 1, pid: 0, state: 'starting' }] }),
  )
  const text = pageOf(bare, 100, PLAIN).join('\n')
  t.regex(text, /^wait +lately: high 0 {2}normal 3\.0 ms {2}low 0$/m)
  t.regex(text, /^ +1 +- starting +-( +-)+$/m)
  t.notRegex(text, /undefined|NaN/)
})
