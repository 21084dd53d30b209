import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'hatchery'
import { serveMonitoring } from 'hatchery/observe'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)

async function get(port: number | undefined, path: string, method = 'GET'): Promise<[status: number, text: string]> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { connection: 'close' } })
  return [response.status, await response.text()]
}

testOnce('a pool is live and ready, then draining, then closed', async (t) => {
  const pool = new Pool({ filename, minWorkers: 2, maxWorkers: 2 })
  let obstacle: string | undefined
  const checks = { database: async () => obstacle }
  const monitoring = await serveMonitoring(pool, { metricsPort: 0, healthPort: 0, checks })
  const { healthPort, metricsPort } = monitoring
  t.not(healthPort, metricsPort)
  await pool.ready
  await Promise.all([pool.run(20, { name: 'default' }), pool.run(20, { name: 'default' })])
  t.deepEqual(await get(healthPort, '/livez'), [200, 'ok\n'])
  t.deepEqual(await get(healthPort, '/readyz'), [200, 'ok\n'])
  t.deepEqual(await get(healthPort, '/readyz?verbose'), [
    200,
    '[+]pool ok: open\n[+]driver ok: turns\n[+]accepting ok: takes tasks\n' +
      '[+]workers ok: 2 of at least 2 can run tasks\n[+]database ok: ok\nreadyz check passed\n',
  ])
  obstacle = 'no connection'
  const [status, text] = await get(healthPort, '/readyz')
  t.is(status, 503)
  t.regex(text, /\[-\]database failed: no connection\nreadyz check failed/)
  checks.database = () => Promise.reject(new Error('no route'))
  t.regex((await get(healthPort, '/readyz'))[1], /\[-\]database failed: no route\nreadyz check failed/)
  t.deepEqual(await get(healthPort, '/livez'), [200, 'ok\n'])
  t.regex((await get(metricsPort, '/metrics'))[1], /hatchery_tasks_total\{outcome="completed"\} 2/)
  t.is((await get(metricsPort, '/livez'))[0], 404)
  t.is((await get(healthPort, '/livez', 'POST'))[0], 405)
  t.is((await get(healthPort, '/constructor'))[0], 404)

  const slow = pool.run(300, { name: 'default' })
  const closing = pool.close()
  t.is((await get(healthPort, '/livez'))[0], 200)
  t.regex((await get(healthPort, '/readyz'))[1], /\[-\]accepting failed: closing/)
  await Promise.all([slow, closing])
  t.is((await get(healthPort, '/livez'))[0], 503)
  t.is((await get(metricsPort, '/metrics'))[0], 503)
  await monitoring.close()
  await rejection(get(healthPort, '/livez'))
})

testOnce('a check that does not answer is in the way, and is not called again meanwhile', async (t) => {
  const pool = new Pool({ filename, maxWorkers: 1 })
  let calls = 0
  let answer!: (obstacle: string | undefined) => void
  const hanging = () => {
    calls++
    return new Promise<string | undefined>((resolve) => {
      answer = resolve
    })
  }
  const checks = { hanging, other: () => undefined }
  await using monitoring = await serveMonitoring(pool, { healthPort: 0, checks, checkTimeout: 30 })
  await pool.ready
  const ready = () => get(monitoring.healthPort, '/readyz')
  const answers = [...(await Promise.all([ready(), ready()])), await ready()]
  for (const [status, text] of answers) {
    t.is(status, 503)
    t.regex(text, /\[-\]hanging failed: no answer within 30 ms\n\[\+\]other ok/)
  }
  t.is(calls, 1)
  answer(undefined)
  const next = ready()
  await until(() => calls === 2, 5_000, 'it is called again')
  answer(undefined)
  t.deepEqual(await next, [200, 'ok\n'])
  const error = await rejection(serveMonitoring(pool, { healthPort: 0, checkTimeout: 0 }))
  t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
  await pool.close()
})

testOnce('nothing to serve is an error that says what to give', async (t) => {
  const pool = new Pool({ filename, maxWorkers: 1 })
  const error = await rejection(serveMonitoring(pool, {}))
  t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
  t.regex(error.message, /metricsPort, healthPort or both/)
  await pool.close()
})

testOnce('one port may serve all, and one that is taken is told, with nothing left open', async (t) => {
  const pool = new Pool({ filename, maxWorkers: 1 })
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const taken = (other.address() as AddressInfo).port
  const error = await rejection(serveMonitoring(pool, { metricsPort: 0, healthPort: taken }))
  t.is(error.code, 'ERR_HATCHERY_ADDRESS_IN_USE')
  t.regex(error.message, new RegExp(`port ${taken} of 127.0.0.1, for health`))
  t.is(error.cause.code, 'EADDRINUSE')
  other.close()
  await once(other, 'close')
  const monitoring = await serveMonitoring(pool, { metricsPort: taken, healthPort: taken })
  t.is((await get(taken, '/livez'))[0], 200)
  t.is((await get(taken, '/metrics'))[0], 200)
  await monitoring.close()
  // An address that is kept for documentation is no machine's.
  const nowhere = await rejection(serveMonitoring(pool, { metricsPort: 0, host: '192.0.2.1' }))
  t.is(nowhere.code, 'ERR_HATCHERY_ADDRESS_UNAVAILABLE')
  for (const options of [
    { healthPort: -1 },
    { metricsPort: 70_000 },
    { host: '' },
    { port: 1 },
    { labels: { le: '' } },
  ]) {
    t.is((await rejection(serveMonitoring(pool, options as any))).code, 'ERR_HATCHERY_INVALID_OPTION')
  }
  await pool.close()
})

testOnce('a pool that has failed is not live', async (t) => {
  const pool = new Pool({
    filename,
    maxWorkers: 1,
    maxRestarts: 0,
    recovery: { ERR_HATCHERY_RESTART_LIMIT: 'shutdown' },
  })
  pool.on('error', () => {})
  await rejection(pool.run(undefined, { name: 'exit' }))
  const monitoring = await serveMonitoring(pool, { healthPort: 0 })
  t.is(monitoring.metricsPort, undefined)
  const [status, text] = await get(monitoring.healthPort, '/livez')
  t.is(status, 503)
  t.regex(text, /livez check failed/)
  await monitoring.close()
  await pool.close()
})
