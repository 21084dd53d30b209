/** The service hatchery, as an administrator handles it. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '../../../src/client/index.js'

const UNIT = 'hatchery.service'
const DROP_INS = `/etc/systemd/system/${UNIT}.d`
const CONFIG = '/etc/hatchery/pool.json'
export const SOCKET = '/run/hatchery/pool.sock'

const { connect } = (await import(
  // Where the application has it.
  String('/opt/app/node_modules/hatchery/dist/src/client/index.js')
)) as typeof import('../../../src/client/index.js')

/** Runs a program. @throws unless it exits with 0 */
export function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error ?? `${status}: ${stderr}${stdout}`}`)
  return stdout.trim()
}

export const systemctl = (...args: string[]): string => run('systemctl', ...args)

/** The same, while this program goes on. */
export function systemctlLater(...args: string[]): Promise<number | null> {
  return new Promise((resolve) => spawn('systemctl', args, { stdio: 'ignore' }).once('close', resolve))
}

/** Of systemd. */
export const version = Number(/^systemd (\d+)/.exec(run('systemctl', '--version'))![1])

/** A property of the unit. */
export const property = (name: string): string => systemctl('show', UNIT, '--value', '-p', name)

/** The emulated machine is slow, and stands still when its own host does; neither is what is tried here. */
const SLOW = { TimeoutStartSec: '600', WatchdogSec: '300' }

/** Directives beside the unit's own, in the place of those before. They count from the next start on. */
export function dropIn(directives: Readonly<Record<string, string | readonly string[]>>, ...shipped: string[]): void {
  rmSync(DROP_INS, { recursive: true, force: true })
  mkdirSync(DROP_INS, { recursive: true })
  const lines = Object.entries({ ...SLOW, ...directives }).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}=${value}`),
  )
  writeFileSync(join(DROP_INS, 'checks.conf'), ['[Service]', ...lines, ''].join('\n'))
  for (const name of shipped) run('cp', `/root/deploy/systemd/${UNIT}.d/${name}`, DROP_INS)
  systemctl('daemon-reload')
}

/** deploy/pool.json with other options of the pool. */
export function configure(pool: object = {}, rest: object = {}): void {
  const config = JSON.parse(readFileSync('/root/deploy/pool.json', 'utf8'))
  const text = JSON.stringify({ ...config, ...rest, pool: { ...config.pool, start_timeout: '10m', ...pool } })
  writeFileSync(CONFIG, text)
}

export function breakConfiguration(): void {
  writeFileSync(CONFIG, '{ "pool": { "max_workers": "many" } }')
}

/** Starts it anew with this configuration and the unit's own directives. */
export function restart(pool: object = {}, rest: object = {}): void {
  configure(pool, rest)
  systemctl('reset-failed', UNIT)
  systemctl('restart', UNIT)
}

/** A client, which is closed in the end. */
export async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = connect(SOCKET)
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

/** Runs a task. */
export const call = <T>(name: string, ...args: unknown[]): Promise<T> =>
  withClient((client) => client.tasks()[name]!(...args)) as Promise<T>

/** Every process of the unit. */
export function processes(): number[] {
  const group = property('ControlGroup')
  if (group === '') return []
  const found = run('find', `/sys/fs/cgroup${group}`, '-name', 'cgroup.procs', '-exec', 'cat', '{}', '+')
  return found.split('\n').filter(Boolean).map(Number)
}

export interface JournalEntry {
  readonly MESSAGE: string
  readonly PRIORITY: string
  readonly SYSLOG_IDENTIFIER: string
  readonly _PID: string
  readonly __MONOTONIC_TIMESTAMP: string
}

/** What the unit's last run has written, and systemd about it. */
export function journal(): JournalEntry[] {
  run('journalctl', '--sync')
  const invocation = property('InvocationID')
  const text = run(
    'journalctl',
    '-o',
    'json',
    `_SYSTEMD_INVOCATION_ID=${invocation}`,
    '+',
    `INVOCATION_ID=${invocation}`,
  )
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JournalEntry)
}

/** Waits until it holds. @throws after five minutes */
export async function until<T>(what: string, holds: () => T | Promise<T>): Promise<Exclude<T, false | undefined>> {
  const limit = performance.now() + 300_000
  for (;;) {
    const value = await holds()
    if (value) return value as Exclude<T, false | undefined>
    if (performance.now() > limit) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
