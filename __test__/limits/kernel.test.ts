/** Limits that the kernel keeps: each worker has them before code of the user runs. */
import { readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { HatcheryError, Pool, type PoolOptions } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, thrownBy, withPool } from '../helpers/pool.js'
import type * as Limits from './fixtures/limits.js'

watchForLeaks()

const filename = new URL('./fixtures/limits.js', import.meta.url)
const MIB = 1 << 20

testEach('rlimits, nice and oomScoreAdj are those of every worker', async (t, startMethod) => {
  using gate = new Gate()
  const rlimits = { files: 128, cpu: 100, core: 0, fileSize: MIB }
  const options = { filename, startMethod, maxWorkers: 1, nice: 7, oomScoreAdj: 321 }
  await withPool({ ...options, rlimits }, async (pool) => {
    const tasks = pool.tasks<typeof Limits>()
    t.deepEqual(await tasks.standing(), {
      files: [128, 128],
      cpu: [100, 101],
      core: [0, 0],
      fileSize: [MIB, MIB],
      nice: [7],
      oomScoreAdj: 321,
    })
    t.is(await tasks.openMany(), 'EMFILE')
    t.is(await tasks.writeMuch(gate.note('much'), 2 * MIB), 'EFBIG')
    t.is(await tasks.writeMuch(gate.note('little'), 10), undefined)
    const error = await rejection(tasks.produce(3 * MIB))
    t.true(error instanceof HatcheryError)
    t.is(error.code, 'ERR_HATCHERY_SYSTEM')
    t.regex(error.message, /^(?!.*ERR_HATCHERY).*File too large/)
  })
})

testEach('by default a worker is killed before the host, and else has what the host has', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const { nice, oomScoreAdj } = await pool.tasks<typeof Limits>().standing()
    const own = Number(readFileSync('/proc/self/oom_score_adj', 'utf8'))
    t.is(oomScoreAdj, Math.min(1000, own + 100))
    t.deepEqual(nice, [getPriority()])
  }),
)

testOnce('rlimits.cpu: the signal is told', (t) =>
  withPool({ filename, startMethod: 'fork', maxWorkers: 1, rlimits: { cpu: 1, core: 0 } }, async (pool) => {
    const error = await rejection(pool.run(undefined, { name: 'spin' }))
    t.like(error, { code: 'ERR_HATCHERY_WORKER_SIGNALLED', signal: 'SIGXCPU' })
    t.regex(error.message, /rlimits\.cpu/)
    t.is(await pool.run(1), 1)
  }),
)

testEach('what the kernel refuses fails the start, and is named', async (t, startMethod) => {
  // More than the kernel gives to anybody (fs.nr_open).
  const pool = new Pool({ filename, startMethod, maxWorkers: 1, rlimits: { files: 2 ** 40 } })
  pool.on('error', () => {})
  const error = await rejection(pool.ready)
  t.is(error.code, 'ERR_HATCHERY_WORKER_START_FAILED')
  t.notRegex(error.message, /ERR_HATCHERY/)
  t.regex(error.message, /rlimits\.files asks for: setrlimit\(RLIMIT_NOFILE\): Operation not permitted/)
  await pool.destroy()
})

const BAD: [string, unknown][] = [
  ['maxTasks', 0],
  ['maxTasks', 1.5],
  ['maxAge', 0],
  ['maxAge', '1'],
  ['maxRss', -1],
  ['maxRss', null],
  ['maxRss', { soft: 2, hard: 1 }],
  ['maxRss', { max: 1 }],
  ['maxHeap', MIB],
  ['rlimits', 1],
  ['rlimits', { nofile: 100 }],
  ['rlimits', { files: 63 }],
  ['rlimits', { cpu: 0 }],
  ['rlimits', { core: -1 }],
  ['rlimits', { fileSize: 'x' }],
  ['nice', 20],
  ['oomScoreAdj', 1001],
  ['cgroup', null],
  ['cgroup', { path: 'relative' }],
  ['cgroup', { memoryMax: 0 }],
  ['cgroup', { cpuMax: 0 }],
  ['cgroup', { pidsMax: 0 }],
  ['cgroup', { memory: 1 }],
]

testOnce('limits are checked where they are given', (t) => {
  for (const [option, value] of BAD) {
    const options = { filename, [option]: value } as PoolOptions
    const error = thrownBy(() => new Pool(options))
    t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION', `${option} ${JSON.stringify(value)}`)
    t.true(error.message.includes(option), error.message)
  }
})
