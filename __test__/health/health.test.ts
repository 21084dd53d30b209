/** Workers that are alive and do not turn, and such as only seem so. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { HatcheryError, type Pool, type WorkerHealthInfo } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool, workerPids } from '../helpers/pool.js'
import { descendants, isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/health.js'

watchForLeaks()

const filename = new URL('./fixtures/health.js', import.meta.url)
const base = { filename, startMethod: 'fork', stdio: 'ignore' } as const
/** Far below what any task here takes, if it were told by the clock alone. */
const strict = { interval: 20, stoppedTimeout: 60, unresponsiveTimeout: 60, blockedTimeout: 60 }

function healthOf(pool: Pool, pid: number): string | undefined {
  return pool.workers.find((worker) => worker.pid === pid)?.health
}

const becomes = (pool: Pool, pid: number, health: string): Promise<unknown> =>
  until(() => healthOf(pool, pid) === health, 10_000, `${pid} is ${health}`)

/** All that is told of the health of workers. */
function listen(pool: Pool): WorkerHealthInfo[] {
  const events: WorkerHealthInfo[] = []
  pool.on('workerHealth', (event) => events.push(event))
  return events
}

const bothUp = (pool: Pool): Promise<unknown> =>
  until(() => workerPids(pool).length === 2, 10_000, 'both workers are up')

/** A FIFO that a reader blocks on. */
class Fifo {
  readonly path: string

  constructor(gate: Gate) {
    this.path = gate.note('fifo')
    execFileSync('mkfifo', [this.path])
  }

  /** Lets readers go on. Never blocks, even if there are none. */
  release(): void {
    const descriptor = openSync(this.path, 'r+')
    writeSync(descriptor, 'released')
    closeSync(descriptor)
  }
}

testEach('a stopped worker is told apart, its task rejected after the limit, and all others run', (t, startMethod) =>
  withPool(
    { ...base, startMethod, minWorkers: 2, maxWorkers: 2, health: { interval: 50, stoppedTimeout: 300 } },
    async (pool) => {
      const tasks = pool.tasks<typeof Tasks>()
      const events = listen(pool)
      await bothUp(pool)
      using gate = new Gate()
      const held = rejection(tasks.gate(gate.path))
      await gate.entered()
      const pid = pool.workers.find(({ inFlight }) => inFlight > 0)!.pid
      process.kill(pid, 'SIGSTOP')
      // Some lie with it, and go to the other one.
      const sums = await Promise.all(Array.from({ length: 500 }, (_, index) => tasks.add(index, 1)))
      t.deepEqual(
        sums,
        Array.from({ length: 500 }, (_, index) => index + 1),
      )
      const error = await held
      t.true(error instanceof HatcheryError)
      t.is(error.code, 'ERR_HATCHERY_WORKER_UNRESPONSIVE')
      t.is(error.pid, pid)
      t.is(error.timeout, 300)
      t.is(error.attempt, 1)
      t.deepEqual(
        events.map(({ pid, health }) => ({ pid, health })),
        [{ pid, health: 'stopped' }],
      )
      t.false(isAlive(pid))
      t.is(pool.stats().workersCrashed, 1)
      t.not(await tasks.pid(), pid)
    },
  ),
)

testOnce(
  'a worker that is to leave after its task is watched until then: a reload does not wait for it for ever',
  (t) =>
    withPool({ ...base, maxWorkers: 1, health: { interval: 20, stoppedTimeout: 100 } }, async (pool) => {
      const tasks = pool.tasks<typeof Tasks>()
      using gate = new Gate()
      const held = rejection(tasks.gate(gate.path))
      await gate.entered()
      const { pid } = pool.workers[0]!
      const reloading = pool.reload()
      // The new one is there, and the old one has only its task left.
      const fresh = () => pool.workers.some(({ state, generation }) => state === 'running' && generation === 2)
      await until(fresh, 10_000, 'the new worker is there')
      t.not(await tasks.pid(), pid)
      process.kill(pid, 'SIGSTOP')
      t.is((await held).code, 'ERR_HATCHERY_WORKER_UNRESPONSIVE')
      await reloading
      t.deepEqual(workerPids(pool).includes(pid), false)
    }),
)

testOnce('a task lost so can be tried again', (t) =>
  withPool({ ...base, maxWorkers: 1, health: { interval: 20, stoppedTimeout: 50 } }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using gate = new Gate()
    const held = tasks.gate.with({ retries: 1 })(gate.path)
    await gate.entered()
    const { pid } = pool.workers[0]!
    process.kill(pid, 'SIGSTOP')
    await until(() => !isAlive(pid), 10_000, 'it is killed')
    gate.open()
    t.not(await held, pid)
  }),
)

testOnce('a worker that is stopped and continued within its limit loses nothing', (t) =>
  withPool({ ...base, maxWorkers: 1, health: { interval: 20, stoppedTimeout: Infinity } }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const events = listen(pool)
    using gate = new Gate()
    const held = tasks.gate(gate.path)
    await gate.entered()
    const { pid } = pool.workers[0]!
    t.is(healthOf(pool, pid), 'busy')
    process.kill(pid, 'SIGSTOP')
    await becomes(pool, pid, 'stopped')
    const waiting = tasks.add(1, 2)
    gate.open()
    process.kill(pid, 'SIGCONT')
    t.is(await held, pid)
    t.is(await waiting, 3)
    t.is(healthOf(pool, pid), 'idle')
    t.deepEqual(
      events.map(({ health }) => health === 'stopped'),
      [true, false],
    )
  }),
)

testOnce('an idle worker that was stopped is found when there is work, which others do', (t) =>
  withPool({ ...base, minWorkers: 2, maxWorkers: 2, health: { interval: 20, stoppedTimeout: 100 } }, async (pool) => {
    await bothUp(pool)
    const tasks = pool.tasks<typeof Tasks>()
    const [pid] = workerPids(pool)
    process.kill(pid!, 'SIGSTOP')
    const numbers = Array.from({ length: 200 }, (_, index) => index)
    t.deepEqual(await Promise.all(numbers.map((number) => tasks.add(number, 0))), numbers)
    // Also if all work is done by then: a worker found so is not left alone.
    await until(() => !isAlive(pid!), 10_000, 'it is killed')
    t.is(pool.stats().lost, 0)
  }),
)

testOnce('a task that blocks its worker is reported, and goes on', (t) =>
  withPool(
    { ...base, minWorkers: 2, maxWorkers: 2, health: { interval: 20, stoppedTimeout: 50, unresponsiveTimeout: 50 } },
    async (pool) => {
      await bothUp(pool)
      const events = listen(pool)
      const tasks = pool.tasks<typeof Tasks>()
      using gate = new Gate()
      const fifo = new Fifo(gate)
      const blocked = tasks.block(fifo.path)
      await until(() => events.length > 0, 10_000, 'it is reported')
      const { pid } = events[0]!
      t.is(events[0]!.health, 'blocked')
      t.is(healthOf(pool, pid), 'blocked')
      t.is(await tasks.add(1, 1), 2)
      fifo.release()
      t.is(await blocked, 'released')
      t.is(pool.stats().workersCrashed, 0)
      await becomes(pool, pid, 'idle')
      t.is(events.length, 2)
    },
  ),
)

testOnce('… or killed after a limit, if the pool has one', (t) =>
  withPool({ ...base, maxWorkers: 1, health: { interval: 20, blockedTimeout: 100 } }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const pid = await tasks.pid()
    using gate = new Gate()
    const fifo = new Fifo(gate)
    const error = await rejection(tasks.block(fifo.path))
    t.is(error.code, 'ERR_HATCHERY_WORKER_UNRESPONSIVE')
    t.is(error.timeout, 100)
    t.is(error.pid, pid)
    t.not(await tasks.pid(), pid)
  }),
)

testOnce('what computes, and what waits with nothing to do, is well, however long it takes', (t) =>
  withPool({ ...base, minWorkers: 2, maxWorkers: 2, concurrency: 2, health: strict }, async (pool) => {
    const events = listen(pool)
    const tasks = pool.tasks<typeof Tasks>()
    await Promise.all([
      tasks.compute(400),
      tasks.wait(800),
      ...Array.from({ length: 20 }, () => tasks.compute(20)),
      ...Array.from({ length: 20 }, () => tasks.wait(50)),
    ])
    t.is(pool.stats().workersCrashed, 0)
    t.deepEqual(events, [])
  }),
)

testOnce('a worker that is in no task and takes none up loses them to others, then its life', (t) =>
  withPool({ ...base, maxWorkers: 1, health: { interval: 20, unresponsiveTimeout: 100 } }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using gate = new Gate()
    const fifo = new Fifo(gate)
    const pid = await tasks.blockLater(fifo.path)
    // A timer of its module holds it: the task that comes is given to a new worker.
    await until(() => existsSync(`${fifo.path}.in`), 10_000, 'it is held')
    const other = await tasks.pid()
    t.not(other, pid)
    await until(() => !isAlive(pid), 10_000, 'it is gone')
    t.is(pool.stats().lost, 0)
    t.is(pool.stats().workersCrashed, 1)
  }),
)

testOnce('false: nobody looks', (t) =>
  withPool({ ...base, maxWorkers: 1, health: false }, async (pool) => {
    t.is(pool.options.health, false)
    const tasks = pool.tasks<typeof Tasks>()
    // A task may be given to a worker before that is there.
    await tasks.pid()
    const held = tasks.wait(300)
    await until(() => pool.workers[0]?.inFlight === 1, 10_000, 'it runs')
    const { pid } = pool.workers[0]!
    process.kill(pid, 'SIGSTOP')
    // A pool that does look finds such a worker meanwhile.
    await withPool({ ...base, maxWorkers: 1, health: { interval: 20, stoppedTimeout: 60_000 } }, async (watched) => {
      await watched.tasks<typeof Tasks>().pid()
      const other = watched.tasks<typeof Tasks>().wait(300)
      await until(() => watched.workers[0]?.inFlight === 1, 10_000, 'it runs')
      const watchedPid = watched.workers[0]!.pid
      process.kill(watchedPid, 'SIGSTOP')
      await becomes(watched, watchedPid, 'stopped')
      t.is(healthOf(pool, pid), 'busy')
      process.kill(watchedPid, 'SIGCONT')
      t.is(await other, watchedPid)
    })
    process.kill(pid, 'SIGCONT')
    t.is(await held, pid)
  }),
)

/** How often the guardian, which sleeps on the driver's epoll, was woken. */
function guardianSwitches(): number {
  for (const id of readdirSync('/proc/self/task')) {
    const status = readFileSync(`/proc/self/task/${id}/status`, 'utf8')
    if (/^Name:\thatchery-guard$/m.test(status)) return Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(status)![1])
  }
  throw new Error('there is no guardian')
}

testOnce('an idle pool is not looked at', (t) =>
  withPool({ ...base, maxWorkers: 1, health: { interval: 5 } }, async (pool) => {
    await pool.tasks<typeof Tasks>().add(1, 2)
    await delay(100)
    const before = guardianSwitches()
    // A hundred intervals.
    await delay(500)
    t.true(guardianSwitches() - before < 5)
  }),
)

testOnce(
  'a host that was stopped, alone or with its workers, takes none of them for stuck',
  async (t) => {
    for (const whole of [false, true]) {
      const host = spawn(process.execPath, [fileURLToPath(new URL('./fixtures/host.js', import.meta.url))], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      let said = ''
      host.stdout.on('data', (text) => {
        said += text
      })
      await until(() => said.startsWith('up\n'), 20_000, 'the host is up')
      const all = [host.pid!, ...(whole ? descendants(host.pid).map(({ pid }) => pid) : [])]
      for (const pid of all) process.kill(pid, 'SIGSTOP')
      // Many times its limits.
      await delay(700)
      for (const pid of all) process.kill(pid, 'SIGCONT')
      const end = once(host, 'close')
      host.stdin.write('go\n')
      await end
      t.deepEqual(JSON.parse(said.slice(3)), { lost: 0, workersCrashed: 0 }, whole ? 'all stopped' : 'host stopped')
    }
  },
  60_000,
)
