/** Environment variables that override a configuration. */
import test from 'ava'
import { loadConfig } from 'hatchery/config'
import { Folder, problemsOf } from '../helpers/config.js'

test('a variable goes before the file, and the file before the default', (t) => {
  using folder = new Folder()
  const content = {
    pool: { max_workers: 2, scaling: { max_cpu: 0.5, interval: 7 }, health: false, kill_grace: 'nonsense' },
  }
  const { pool, logging, monitoring, service, entries } = folder.load(content, {
    HATCHERY_POOL_MAX_WORKERS: '4',
    HATCHERY_POOL_SCALING_MAX_CPU: 'infinity',
    HATCHERY_POOL_KILL_GRACE: '2s',
    HATCHERY_POOL_HEALTH_INTERVAL: '500ms',
    HATCHERY_POOL_MAX_QUEUE: '10',
    HATCHERY_POOL_PRELOAD: 'node:zlib, node:fs',
    HATCHERY_POOL_ENV: '{"A":"1"}',
    HATCHERY_POOL_AFFINITY: '[[0]]',
    HATCHERY_POOL_SHARE_FILENAME: 'no',
    HATCHERY_POOL_RETRY_ERRORS: 'TypeError,EAGAIN',
    HATCHERY_POOL_TASK_NAME: '42',
    HATCHERY_POOL_SPARES: ' ',
    HATCHERY_LOGGING_LEVEL: 'warn',
    HATCHERY_MONITORING_METRICS_PORT: 'off',
    HATCHERY_MONITORING_HEALTH_CHECK_PORT: '0',
    HATCHERY_MONITORING_ENABLE_TRACING: '1',
    HATCHERY_SERVE_PORT: '7070',
    // Of Kubernetes, for Services called hatchery and hatchery-pool, and others.
    HATCHERY_SERVICE_HOST: '10.0.0.1',
    HATCHERY_SERVICE_PORT: '80',
    HATCHERY_POOL_SERVICE_PORT_HTTP: '80',
    HATCHERY_POOL_PORT_80_TCP_ADDR: '10.0.0.2',
    HATCHERY_MONITORING_PORT: 'tcp://10.0.0.3:80',
    HATCHERY_NATIVE: '/else',
  })
  t.deepEqual(pool, {
    maxWorkers: 4,
    scaling: { maxCpu: Infinity, interval: 7 },
    health: { interval: 500 },
    killGrace: 2000,
    maxQueue: 10,
    preload: ['node:zlib', 'node:fs'],
    env: { A: '1' },
    affinity: [[0]],
    shareFilename: false,
    retryErrors: ['TypeError', 'EAGAIN'],
    name: '42',
  })
  t.is(logging.level, 'warn')
  t.like(monitoring, { metricsPort: undefined, healthCheckPort: 0, enableTracing: true })
  t.is(service.port, 7070)
  const source = entries.find(({ path }) => path === 'pool.max_workers')?.source
  t.deepEqual(source, { kind: 'environment', variable: 'HATCHERY_POOL_MAX_WORKERS' })
})

test('errors name the variable', (t) => {
  const { problems, message } = problemsOf(() =>
    loadConfig(undefined, {
      env: {
        HATCHERY_POOL_MAX_WORKERS: 'many',
        HATCHERY_POOL_MIN_WORKRS: '2',
        HATCHERY_POOL_QUEUE_SIZE: '1',
        HATCHERY_POOL_MAX_QUEUE: '2',
        HATCHERY_POOL_ENV: '{"A":}',
        HATCHERY_POOL_HEALTH: '{"interva":1}',
      },
    }),
  )
  t.is(problems.length, 5)
  t.true(problems.every(({ source }) => source.kind === 'environment'))
  for (const part of [
    'environment variable HATCHERY_POOL_MAX_WORKERS: pool.max_workers: must be an integer from 1 to 1024; found "many".',
    'environment variable HATCHERY_POOL_MIN_WORKRS: there is no setting of this name. Did you mean HATCHERY_POOL_MIN_WORKERS?',
    'environment variable HATCHERY_POOL_MAX_QUEUE: pool.queue_size: HATCHERY_POOL_QUEUE_SIZE says the same',
    'environment variable HATCHERY_POOL_ENV: pool.env: is no JSON',
    'environment variable HATCHERY_POOL_HEALTH: pool.health.interva: there is no such key. Did you mean "interval"?',
  ]) {
    t.true(message.includes(part), `${part}\n\nis not in\n\n${message}`)
  }
})
