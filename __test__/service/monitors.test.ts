import { Daemon, Program } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'

watchForLeaks()

const ANY = { HATCHERY_MONITORING_METRICS_PORT: '0', HATCHERY_MONITORING_HEALTH_CHECK_PORT: '0' }

async function get(port: number, path: string): Promise<[status: number, text: string]> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })
  return [response.status, await response.text()]
}

testOnce('a daemon serves metrics and health, and is not ready while it is quiet', async (t) => {
  await using daemon = await Daemon.start([], { env: ANY })
  const { metrics, health } = await daemon.says('metrics and health are served')
  t.is(await daemon.client.run('default', 1), 1)
  t.regex((await get(metrics, '/metrics'))[1], /hatchery_tasks_total\{pool="[^"]+",outcome="completed"\} 1/)
  t.deepEqual(await get(health, '/readyz'), [200, 'ok\n'])
  await daemon.client.quiet()
  const [status, text] = await get(health, '/readyz')
  t.is(status, 503)
  t.regex(text, /\[-\]daemon failed: quiet/)
  t.is((await get(health, '/livez'))[0], 200)
  await daemon.client.resume()
  t.is((await get(health, '/readyz'))[0], 200)

  // A second one cannot have the same port: it says which, and is gone.
  const second = new Program(['serve', '--socket', `${daemon.socket}2`], {
    ...ANY,
    HATCHERY_MONITORING_METRICS_PORT: String(metrics),
    HATCHERY_POOL_FILENAME: new URL('./fixtures/tasks.js', import.meta.url).pathname,
  })
  t.not(await second.ended, 0)
  t.regex(
    second.errors,
    new RegExp(`port ${metrics} of 127.0.0.1, for metrics, is in use.*ERR_HATCHERY_ADDRESS_IN_USE`, 's'),
  )
})
