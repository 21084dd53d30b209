import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Pool } from 'hatchery'
import { serveMonitoring } from 'hatchery/observe'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'
import { requireProgram } from '../helpers/program.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const shipped = (path: string) => fileURLToPath(new URL(`../../../../deploy/${path}`, import.meta.url))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function startPrometheus(folder: string, port: number, target: number): ChildProcess {
  const configuration = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [shipped('prometheus/hatchery.rules.yml')],
    scrape_configs: [{ job_name: 'hatchery', static_configs: [{ targets: [`127.0.0.1:${target}`] }] }],
  }
  // YAML is a superset of JSON.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configuration))
  const options = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  return spawn(requireProgram('prometheus', 'prometheus'), options, { stdio: 'ignore' })
}

testOnce('the rules are sound, and their own tests pass', (t) => {
  const promtool = requireProgram('promtool', 'prometheus')
  for (const file of ['check', 'test']) {
    const path = shipped(`prometheus/hatchery.rules${file === 'test' ? '.test' : ''}.yml`)
    const { status, stdout, stderr } = spawnSync(promtool, [file, 'rules', path], { encoding: 'utf8' })
    t.is(status, 0, `${stdout}${stderr}`)
  }
})

testOnce(
  'Prometheus scrapes a pool, loads the rules, and answers every query of the dashboard',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'hatchery-prometheus-'))
    const pool = new Pool({ filename, maxWorkers: 1 })
    const monitoring = await serveMonitoring(pool, { metricsPort: 0, labels: { pool: 'scraped' } })
    await Promise.all(Array.from({ length: 100 }, (_, index) => pool.run(index, { name: 'echo' })))
    const port = await freePort()
    const prometheus = startPrometheus(folder, port, monitoring.metricsPort!)
    const ask = async (path: string, query?: string): Promise<any> => {
      const search = query === undefined ? '' : `?${new URLSearchParams({ query })}`
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}${search}`, {
        headers: { connection: 'close' },
      })
      return response.json()
    }
    try {
      const completed = async () => {
        const answer = await ask('query', 'hatchery_tasks_total{pool="scraped", outcome="completed"}').catch(
          () => undefined,
        )
        return answer?.data.result[0]?.value[1] === '100'
      }
      await until(completed, 60_000, 'Prometheus has scraped the pool')
      const { data } = await ask('targets')
      t.is(data.activeTargets[0].health, 'up')
      t.is(data.activeTargets[0].lastError, '')
      const { groups } = (await ask('rules')).data
      t.true(groups[0].rules.length >= 9)
      const dashboard = JSON.parse(readFileSync(shipped('grafana/hatchery.json'), 'utf8'))
      const targets = dashboard.panels.flatMap((panel: any) => panel.targets ?? [])
      t.true(targets.length > 20)
      for (const { expr } of targets) {
        const query = expr.replaceAll('$job', '.*').replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m')
        const answer = await ask('query', query)
        t.is(answer.status, 'success', `${query}: ${answer.error}`)
      }
    } finally {
      prometheus.kill('SIGKILL')
      await once(prometheus, 'exit')
      rmSync(folder, { recursive: true, force: true })
      await monitoring.close()
      await pool.close()
    }
  },
  120_000,
)
