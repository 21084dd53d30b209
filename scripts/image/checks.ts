import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { connect } from '../../src/client/index.js'
import { runCommand } from '../lib/command.js'
import type { Builder } from './builder.js'
import { Container } from './container.js'

/** Free on most machines; the container shares the network. */
const [METRICS, HEALTH] = [19090, 18080]

/** Runs the image and looks at it. @throws at the first thing that is not as it must be */
export async function tryImage(builder: Builder, image: string, folder: string): Promise<void> {
  const config = await builder.config(image)
  const root = await builder.mount(image)
  const files = (await runCommand('find', [root, '-type', 'f', '-not', '-path', `${root}/opt/app/*`])).output
  console.log(`besides /opt/app it has ${files.replaceAll(root, '').trim().split('\n').join(' ')}`)
  assert.deepEqual(readdirSync(join(root, 'nodejs/bin')), ['node'])

  const pool = join(folder, 'pool.json')
  writeFileSync(
    pool,
    JSON.stringify({
      pool: { filename: '/opt/app/tasks.js', min_workers: 2, max_workers: 2, start_method: 'fork' },
      service: { socket: '/run/hatchery/pool.sock' },
      monitoring: { metrics_port: METRICS, health_check_port: HEALTH },
    }),
  )
  const container = new Container({
    ...{ root, config, folder: join(folder, 'container') },
    files: { '/etc/hatchery/pool.json': pool },
    temporary: ['/tmp', '/run/hatchery'],
  })
  try {
    await look(container, config.Healthcheck.Test.slice(1), config.StopSignal as NodeJS.Signals)
  } catch (error) {
    console.log(container.output)
    await container.kill()
    throw error
  }
}

async function look(container: Container, healthCheck: readonly string[], stopSignal: NodeJS.Signals): Promise<void> {
  await until('it is ready', () => container.output.includes('the daemon is ready'))
  const pid = await container.pid()
  const client = connect(`/proc/${pid}/root/run/hatchery/pool.sock`)
  const tasks = client.tasks()
  const status = async (port: number, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status

  assert.deepEqual(await tasks['where']!(), { user: 65532, rights: '0000000000000000', seccomp: '2', task: 'string' })
  said('tasks run as 65532, without capabilities, below a seccomp filter')
  const folders = ['/', '/opt/app', '/etc', '/nodejs/bin', '/dev', '/tmp', '/run/hatchery']
  const found: string[] = await tasks['writable']!(...folders)
  assert.deepEqual(found.slice(-2), ['ok', 'ok'])
  assert.ok(found.slice(0, -2).every((how) => how !== 'ok'))
  said(`${folders.map((folder, index) => `${folder}: ${found[index]}`).join(', ')}`)

  assert.equal(await status(HEALTH, '/livez'), 200)
  assert.equal(await status(HEALTH, '/readyz'), 200)
  const metrics = await (await fetch(`http://127.0.0.1:${METRICS}/metrics`)).text()
  assert.match(metrics, /^hatchery_workers\{pool="hatchery",state="idle"\} 2$/m)
  // With the port of this run.
  const check = healthCheck.map((word) => word.replace(':8080/', `:${HEALTH}/`))
  assert.equal(await container.execute(...check), 0)
  assert.notEqual(await container.execute('/bin/sh', '-c', 'true'), 0)
  said('/livez, /readyz, /metrics and HEALTHCHECK answer; there is no shell')

  await assert.rejects(tasks['abandon']!())
  const states = async () => (await runCommand('ps', ['--ppid', String(pid), '-o', 'stat='])).output.trim().split(/\s+/)
  await until('the program has ended', async () => (await states()).some((state) => state.startsWith('Z')))
  await until('it is reaped', async () => (await states()).length === 1)
  said('a program that has outlived its worker is reaped')

  const slow = client.run('sleep', 3000)
  await until('it runs', async () => ((await client.stats()) as { running?: number }).running === 1)
  process.kill(pid, stopSignal)
  await until('it drains', async () => (await status(HEALTH, '/readyz')) === 503)
  assert.equal(await status(HEALTH, '/livez'), 200)
  assert.equal(await slow, 'slept')
  client.close()
  assert.equal(await container.ended, 0)
  said(`${stopSignal} drains: /readyz says 503, what runs ends, exit code 0`)
}

const said = (text: string): void => console.log(`ok ${text}`)

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const limit = performance.now() + 60_000; !(await holds()); ) {
    if (performance.now() > limit) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
