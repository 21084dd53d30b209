import { spawnSync } from 'node:child_process'
import { Pool } from 'hatchery'
import { type MetricsRegistry, registerMetrics } from 'hatchery/observe'
import { Registry } from 'prom-client'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce, thrownBy, withPool } from '../helpers/pool.js'
import { requireProgram } from '../helpers/program.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)

/** The value of one sample, by its name with labels as it stands in the text. */
function valueOf(text: string, sample: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${sample} `))
  if (line === undefined) throw new Error(`there is no ${sample} in\n${text}`)
  return Number(line.slice(sample.length))
}

/** Two tasks return, one throws, one ends its worker, one is cancelled before it was flushed. */
async function runSome(pool: Pool): Promise<void> {
  await pool.run(1, { name: 'echo' })
  await pool.run(20, { name: 'burn' })
  await rejection(pool.run(undefined, { name: 'fail' }))
  await rejection(pool.run(undefined, { name: 'exit' }))
  const cancelled = pool.run(2, { name: 'echo', id: 'x' })
  pool.cancel('x')
  await rejection(cancelled)
  // The worker that has left is replaced before this ends.
  await pool.run(1, { name: 'echo' })
}

testOnce('tells what has happened, and promtool finds nothing to say against it', async (t) => {
  await withPool({ filename, maxWorkers: 1, maxQueue: 50 }, async (pool) => {
    await runSome(pool)
    const text = pool.metrics()
    const outcome = (name: string) => valueOf(text, `hatchery_tasks_total{outcome="${name}"}`)
    t.is(outcome('completed'), 3)
    t.is(outcome('failed'), 1)
    t.is(outcome('lost'), 1)
    t.is(outcome('cancelled'), 1)
    t.is(valueOf(text, 'hatchery_tasks_submitted_total'), 6)
    t.is(valueOf(text, 'hatchery_worker_restarts_total{reason="exited"}'), 1)
    t.is(valueOf(text, 'hatchery_queue_capacity_tasks'), 50)
    t.is(valueOf(text, 'hatchery_task_run_seconds_bucket{le="+Inf"}'), valueOf(text, 'hatchery_task_run_seconds_count'))
    t.true(valueOf(text, 'hatchery_task_run_seconds_sum') >= 0.02)
    t.true(valueOf(text, 'hatchery_workers_cpu_seconds_total') >= 0.02)
    t.true(valueOf(text, 'hatchery_workers_resident_memory_bytes') > 1e6)
    t.true(Math.abs(valueOf(text, 'hatchery_last_task_completed_timestamp_seconds') - Date.now() / 1000) < 60)
    t.notRegex(text, /pid=/)
    const lint = spawnSync(requireProgram('promtool', 'prometheus'), ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    })
    t.is(`${lint.stdout}${lint.stderr}`, '')
    t.is(lint.status, 0)
  })
})

testOnce('processor time never becomes less, though workers come and go', async (t) => {
  await withPool({ filename, maxWorkers: 2, maxTasks: 1 }, async (pool) => {
    let before = 0
    for (let round = 0; round < 10; round++) {
      await pool.run(5, { name: 'burn' })
      const now = valueOf(pool.metrics(), 'hatchery_workers_cpu_seconds_total')
      t.true(now >= before, `${now} after ${before}`)
      before = now
    }
    t.true(before >= 0.05)
  })
})

testOnce("labels are carried by every metric, and those that can't be are refused", async (t) => {
  await withPool({ filename, maxWorkers: 1 }, async (pool) => {
    const lines = pool.metrics({ labels: { pool: 'a "b"\n' } }).split('\n')
    const samples = lines.filter((line) => line !== '' && !line.startsWith('#'))
    t.true(samples.length > 50)
    for (const sample of samples) t.true(sample.includes(String.raw`pool="a \"b\"\n"`), sample)
    for (const labels of [{ le: 'x' }, { 'a-b': 'x' }, { __a: 'x' }, { a: 1 }, 7]) {
      t.is(thrownBy(() => pool.metrics({ labels: labels as any })).code, 'ERR_HATCHERY_INVALID_OPTION')
    }
  })
})

testOnce('a registry of prom-client shows the same as the text', async (t) => {
  const registry = new Registry()
  await using first = new Pool({ filename, maxWorkers: 1 })
  await using second = new Pool({ filename, maxWorkers: 1 })
  const forget = registerMetrics(first, registry, { labels: { pool: 'first' } })
  const forgetSecond = registerMetrics(second, registry, { labels: { pool: 'second' } })
  t.is(
    thrownBy(() => registerMetrics(second, registry, { labels: { pool: 'first' } })).code,
    'ERR_HATCHERY_INVALID_OPTION',
  )
  await runSome(first)
  await second.run(1, { name: 'echo' })
  // Workers add the time of a task after its result, and registry and pool are asked one after the other.
  let text = ''
  const isSame = async () => {
    text = await registry.metrics()
    const runs = valueOf(text, 'hatchery_task_run_seconds_bucket{le="+Inf",pool="first"}')
    return runs > 0 && runs === valueOf(first.metrics(), 'hatchery_task_run_seconds_count')
  }
  await until(isSame, 10_000, 'both have counted all that was run')
  // The order of labels means nothing, and prom-client has its own.
  t.is(valueOf(text, 'hatchery_tasks_total{outcome="completed",pool="first"}'), 3)
  t.is(valueOf(text, 'hatchery_tasks_total{outcome="completed",pool="second"}'), 1)
  t.is(text.match(/# TYPE hatchery_tasks_total counter/g)?.length, 1)
  t.regex(text, /hatchery_queue_capacity_tasks\{pool="first"\} \+Inf/)
  t.regex(first.metrics(), /^hatchery_queue_capacity_tasks \+Inf$/m)
  forget()
  t.notRegex(await registry.metrics(), /"first"/)
  await Promise.all([first.close(), second.close()])
  const third = new Pool({ filename, maxWorkers: 1 })
  await third.run(1, { name: 'echo' })
  const forgetThird = registerMetrics(third, registry, { labels: { pool: 'second' } })
  t.is(valueOf(await registry.metrics(), 'hatchery_tasks_total{outcome="completed",pool="second"}'), 1)
  forgetSecond()
  forgetThird()
  t.is((await registry.metrics()).trim(), '')
  await third.close()
  t.is(first.metrics(), '')
  t.deepEqual(first.metricFamilies(), [])
})

testOnce('a registry of OpenMetrics has their names; one that was cleared takes the pool anew', async (t) => {
  const registry = new Registry()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as any)
  await using pool = new Pool({ filename, maxWorkers: 1 })
  registerMetrics(pool, registry)
  await pool.run(1, { name: 'echo' })
  const text = await registry.metrics()
  t.regex(text, /^# TYPE hatchery_tasks counter$/m)
  t.is(valueOf(text, 'hatchery_tasks_total{outcome="completed"}'), 1)
  t.notRegex(text, /_total_total/)
  registry.clear()
  const forget = registerMetrics(pool, registry)
  t.is(valueOf(await registry.metrics(), 'hatchery_tasks_total{outcome="completed"}'), 1)
  forget()
  t.is(registry.getMetricsAsArray().length, 0)
})

testOnce('a name that the registry has already is an error, and nothing of ours is left', (t) => {
  const taken: string[] = []
  const registry: MetricsRegistry = {
    registerMetric({ name }: { name: string }) {
      if (name === 'hatchery_tasks_total') throw new Error('taken')
      taken.push(name)
    },
    getSingleMetric: () => undefined,
    removeSingleMetric: (name) => void taken.splice(taken.indexOf(name), 1),
  }
  return withPool({ filename, maxWorkers: 1 }, async (pool) => {
    await pool.ready
    t.is(thrownBy(() => registerMetrics(pool, registry)).message, 'taken')
    t.deepEqual(taken, [])
  })
})
