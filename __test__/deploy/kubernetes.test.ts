/** deploy/kubernetes: each manifest against Kubernetes's own schema, and all of them against each other. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { loadConfig } from 'hatchery/config'
import { parse, parseAllDocuments } from 'yaml'

import { healthRoutes, metricsRoutes, type WatchedPool } from '../helpers/internal.js'

const folder = 'deploy/kubernetes'
const dockerfile = readFileSync('deploy/docker/Dockerfile', 'utf8')
const require = createRequire(import.meta.url)

interface Manifest {
  apiVersion: string
  kind: string
  metadata?: { name: string }
  [key: string]: any
}

const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
const manifests = new Map<string, Manifest>(
  files.flatMap((file) =>
    parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => {
      if (document.errors.length > 0) throw document.errors[0]
      const manifest = document.toJS() as Manifest
      return [manifest.kind, manifest]
    }),
  ),
)
const get = (kind: string): Manifest => manifests.get(kind)!
const pod = () => get('Deployment')['spec'].template
const container = () => pod().spec.containers[0]

/** Throws what Kubernetes would. */
function validate({ apiVersion, kind, ...rest }: Manifest): void {
  const library = apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models'
  const Model = require(`${library}/${apiVersion}/${kind}`)[kind]
  new Model({ ...rest, apiVersion, kind }).validate()
}

for (const [kind, manifest] of manifests) {
  // The library has no model of it.
  if (kind === 'Kustomization') continue
  test(`${kind} is what its schema says`, (t) => {
    t.notThrows(() => validate(manifest))
  })
}

test('the schemas find a fault', (t) => {
  const broken = structuredClone(get('Deployment'))
  broken['spec'].template.spec.containers[0].ports[0].containerPort = 'tasks'
  t.throws(() => validate(broken))
})

test('kustomize is told of every manifest', (t) => {
  t.deepEqual([...get('Kustomization')['resources'], 'kustomization.yaml'].sort(), [...files].sort())
})

test('ports are the same everywhere', (t) => {
  const config = JSON.parse(get('ConfigMap')['data']['pool.json'])
  const ports = Object.fromEntries(container().ports.map((port: any) => [port.name, port.containerPort]))
  t.deepEqual(ports, {
    tasks: config.service.port,
    health: config.monitoring.health_check_port,
    metrics: config.monitoring.metrics_port,
  })
  // From outside of the pod, so not on the loopback address alone.
  t.is(config.monitoring.host, '0.0.0.0')
  t.is(config.service.host, '0.0.0.0')
  const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'].map((name) => container()[name].httpGet)
  t.deepEqual(
    probes.map(({ path, port }) => `${port} ${path}`),
    ['health /readyz', 'health /readyz', 'health /livez'],
  )
  t.is(get('Service')['spec'].ports[0].targetPort, 'tasks')
  const [endpoint] = get('PodMonitor')['spec'].podMetricsEndpoints
  t.is(`${endpoint.port} ${endpoint.path}`, 'metrics /metrics')
  for (const {
    ports: [{ port }],
  } of get('NetworkPolicy')['spec'].ingress)
    t.true(port in ports)
})

test('ports and paths are those that the daemon has by default', async (t) => {
  const { monitoring } = loadConfig(undefined, { env: { HATCHERY_POOL_FILENAME: 'deploy/pool.json' } })
  t.is(container().ports.find(({ name }: any) => name === 'metrics').containerPort, monitoring.metricsPort)
  t.is(container().ports.find(({ name }: any) => name === 'health').containerPort, monitoring.healthCheckPort)
  const served = new Set([
    ...Object.keys(healthRoutes({} as WatchedPool, { checks: {}, timeout: 1 })),
    ...Object.keys(metricsRoutes({} as WatchedPool, {})),
  ])
  const asked = [
    ...['startupProbe', 'readinessProbe', 'livenessProbe'].map((name) => container()[name].httpGet.path),
    get('PodMonitor')['spec'].podMetricsEndpoints[0].path,
    /127\.0\.0\.1:8080(\/\w+)/.exec(dockerfile)![1]!,
  ]
  t.deepEqual(
    asked.filter((path) => !served.has(path)),
    [],
  )
})

test('the daemon takes the configurations', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hatchery-deploy-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const tasks = join(folder, 'tasks.js')
  writeFileSync(tasks, '')
  writeFileSync(join(folder, 'configmap.json'), get('ConfigMap')['data']['pool.json'])
  // Of the machine that it is for.
  const env = { HATCHERY_POOL_FILENAME: tasks }
  for (const file of [join(folder, 'configmap.json'), 'deploy/pool.json']) {
    t.notThrows(() => loadConfig(file, { env }), file)
  }
})

test('preStop runs the node of the image', (t) => {
  const [node] = container().lifecycle.preStop.exec.command
  const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)![1]!)
  t.is(node, entry[0])
})

test('all of them mean the same pods', (t) => {
  const { labels } = pod().metadata
  t.deepEqual(get('Deployment')['spec'].selector.matchLabels, labels)
  t.deepEqual(get('Service')['spec'].selector, labels)
  t.deepEqual(get('PodMonitor')['spec'].selector.matchLabels, labels)
  t.deepEqual(get('PodDisruptionBudget')['spec'].selector.matchLabels, labels)
  t.deepEqual(get('NetworkPolicy')['spec'].podSelector.matchLabels, labels)
})

test('the pod has no rights that it does not need, and time to drain', (t) => {
  const { spec } = pod()
  const { securityContext } = container()
  t.true(spec.securityContext.runAsNonRoot)
  t.is(spec.securityContext.seccompProfile.type, 'RuntimeDefault')
  t.deepEqual(securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  const config = JSON.parse(get('ConfigMap')['data']['pool.json'])
  const pause = Number(/setTimeout\(.*, (\d+)\)/.exec(container().lifecycle.preStop.exec.command.at(-1))![1]) / 1000
  t.true(spec.terminationGracePeriodSeconds > pause + Number.parseInt(config.pool.close_timeout, 10))
})

test('the pool’s own limits come before that of the container', (t) => {
  const { max_workers, max_rss } = JSON.parse(get('ConfigMap')['data']['pool.json']).pool
  const mebibytes = (size: string) => Number.parseInt(size, 10)
  const limit = mebibytes(container().resources.limits.memory)
  t.true(max_workers * mebibytes(max_rss.hard) < limit)
})

test('paths of the configuration are mounted', (t) => {
  const { service } = JSON.parse(get('ConfigMap')['data']['pool.json'])
  const mounts: string[] = container().volumeMounts.map((mount: any) => mount.mountPath)
  for (const path of [service.socket, service.token_file])
    t.true(
      mounts.some((mount) => path.startsWith(`${mount}/`)),
      path,
    )
  const names = pod().spec.volumes.map((volume: any) => volume.name)
  for (const { name } of container().volumeMounts) t.true(names.includes(name))
})

test('the example of a configuration is JSON, with the sections that there are', (t) => {
  const config = JSON.parse(readFileSync('deploy/pool.json', 'utf8'))
  t.deepEqual(Object.keys(config), ['pool', 'service', 'logging', 'monitoring'])
  t.truthy(parse(readFileSync(join(folder, 'configmap.yaml'), 'utf8')))
})
