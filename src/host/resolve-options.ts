import { totalmem } from 'node:os'
import { constrainedMemory, execArgv as ownExecArgv } from 'node:process'
import { loadNative } from '../native/index.js'
import { checkAffinity } from './affinity.js'
import {
  checkBoolean,
  checkInteger,
  checkKeys,
  checkOneOf,
  checkText,
  checkTexts,
  checkTime,
  MAX_TIME,
} from './check.js'
import { inheritedExecArgv } from './exec-argv.js'
import { invalidOption } from './invalid-option.js'
import { resolveDeadlines } from './options/deadlines.js'
import { resolveHealth } from './options/health.js'
import { LIFE_CYCLE_KEYS, resolveLifeCycle } from './options/life-cycle.js'
import { LIMIT_KEYS, resolveLimits } from './options/limits.js'
import { resolveLogging } from './options/logging.js'
import { resolveObserve } from './options/observe.js'
import { resolveQueue } from './options/queue.js'
import { RECOVERY_KEYS, resolveRecovery } from './options/recovery.js'
import { resolveSandbox } from './options/sandbox.js'
import { resolveScaling } from './options/scaling.js'
import { resolveTracing } from './options/tracing.js'
import type { PoolOptions, ResolvedPoolOptions, StdioTarget } from './pool-options.js'
import { preloadUrl, workerFileUrl } from './worker-file.js'

/** Worker counts beyond this are a mistake, and each worker costs the host descriptors. */
export const MAX_WORKERS = 1024
const MAX_CONCURRENCY = 512
const MAX_SPARES = 64

/** Names of the options. */
export const POOL_OPTIONS: ReadonlySet<string> = new Set([
  'filename',
  'name',
  'preload',
  'shareFilename',
  'loadFirst',
  'minWorkers',
  'maxWorkers',
  'minThreads',
  'maxThreads',
  'concurrency',
  'concurrentTasksPerWorker',
  'startMethod',
  'execArgv',
  'env',
  'idleTimeout',
  'killGrace',
  'startTimeout',
  'stdio',
  'affinity',
  'workerData',
  'maxSharedMemory',
  'sharedMemoryPolicy',
  'spares',
  ...RECOVERY_KEYS,
  ...LIMIT_KEYS,
  ...LIFE_CYCLE_KEYS,
  'scaling',
  'tracing',
  'maxQueue',
  'queuePolicy',
  'queueHighWaterMark',
  'queueLowWaterMark',
  'ageing',
  'taskTimeout',
  'queueTimeout',
  'health',
  'sandbox',
  'recordTiming',
  'logger',
] satisfies (keyof PoolOptions)[])

const STDIO = ['inherit', 'ignore', 'pipe'] as const

/**
 * Checks the options of a pool and fills in the defaults.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_PLATFORM_UNSUPPORTED
 */
export function resolveOptions(options: PoolOptions): ResolvedPoolOptions {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'an object', options)
  checkKeys('Pool', options, POOL_OPTIONS)
  checkNoNull(options)
  const { minWorkers, maxWorkers } = resolveWorkers(options)
  const concurrency = either(options, 'concurrency', 'concurrentTasksPerWorker') ?? 1
  checkInteger('concurrency', concurrency, 1, MAX_CONCURRENCY)
  const filename = options.filename === undefined ? undefined : workerFileUrl('filename', options.filename)
  const preload = resolvePreload(options.preload)
  return Object.freeze({
    filename,
    name: options.name === undefined ? 'default' : checkText('name', options.name),
    preload,
    shareFilename: options.shareFilename === undefined || checkBoolean('shareFilename', options.shareFilename),
    loadFirst: options.loadFirst === true,
    minWorkers,
    maxWorkers,
    minThreads: minWorkers,
    maxThreads: maxWorkers,
    concurrency,
    concurrentTasksPerWorker: concurrency,
    startMethod: checkOneOf('startMethod', options.startMethod ?? 'auto', ['auto', 'fork', 'spawn']),
    execArgv:
      options.execArgv === undefined ? inheritedExecArgv(ownExecArgv) : checkTexts('execArgv', options.execArgv),
    env: resolveEnv(options.env),
    ...resolveScaling(options),
    ...resolveQueue(options, maxWorkers),
    killGrace: checkTime('killGrace', options.killGrace ?? 1000, 0, MAX_TIME),
    startTimeout: checkTime('startTimeout', options.startTimeout ?? 30_000, 1, MAX_TIME),
    ...resolveStdio(options.stdio ?? 'inherit'),
    ...resolveDeadlines(options),
    ...resolveHealth(options),
    affinity: checkAffinity(options.affinity ?? 'none', () => loadNative().allowedProcessors()),
    spares: checkInteger('spares', options.spares ?? 0, 0, MAX_SPARES),
    sharedMemoryPolicy: checkOneOf('sharedMemoryPolicy', options.sharedMemoryPolicy ?? 'wait', ['wait', 'reject']),
    workerData: options.workerData,
    maxSharedMemory: resolveSharedMemory(options.maxSharedMemory),
    ...resolveLogging(options),
    ...resolveLifeCycle(options),
    ...resolveLimits(options),
    ...resolveRecovery(options, maxWorkers),
    ...resolveObserve(options),
    ...resolveTracing(options),
    ...resolveSandbox(options, { maxWorkers, concurrency, filename, preload }),
  })
}

/** What is not wanted is left out. Only `workerData` is the user's own. */
function checkNoNull(options: PoolOptions): void {
  for (const [option, value] of Object.entries(options)) {
    if (value === null && option !== 'workerData')
      throw invalidOption(option, 'left out, or a value other than null', value)
  }
}

type Count = 'minWorkers' | 'maxWorkers' | 'minThreads' | 'maxThreads' | 'concurrency' | 'concurrentTasksPerWorker'

/** An option, or its alias. Of two that differ nobody knows which one is meant. */
function either(options: PoolOptions, option: Count, alias: Count): number | undefined {
  const [value, other] = [options[option], options[alias]]
  if (value !== undefined && other !== undefined && value !== other) {
    throw invalidOption(alias, `left out, or the same as ${option} (${String(value)}), of which it is an alias`, other)
  }
  return value ?? other
}

function resolveWorkers(options: PoolOptions): { minWorkers: number; maxWorkers: number } {
  const least = either(options, 'minWorkers', 'minThreads')
  const most = either(options, 'maxWorkers', 'maxThreads')
  if (least !== undefined) checkInteger('minWorkers', least, 0, MAX_WORKERS)
  if (most !== undefined) checkInteger('maxWorkers', most, 1, MAX_WORKERS)
  const maxWorkers = most ?? Math.max(loadNative().defaultParallelism(), least ?? 1)
  const minWorkers = least ?? Math.min(1, maxWorkers)
  if (minWorkers > maxWorkers) throw invalidOption('minWorkers', `at most maxWorkers (${maxWorkers})`, minWorkers)
  return { minWorkers, maxWorkers }
}

function resolvePreload(preload: PoolOptions['preload']): readonly string[] {
  if (preload === undefined) return []
  if (!Array.isArray(preload)) throw invalidOption('preload', 'an array of paths, URLs or package names', preload)
  return Object.freeze(preload.map(preloadUrl))
}

function resolveEnv(env: PoolOptions['env']): Readonly<Record<string, string>> | undefined {
  if (env === undefined) return undefined
  if (typeof env !== 'object' || env === null) throw invalidOption('env', 'an object of strings', env)
  const resolved: Record<string, string> = {}
  for (const [key, value] of Object.entries(env)) {
    if (value === undefined) continue
    if (typeof value !== 'string' || value.includes('\0'))
      throw invalidOption(`env.${key}`, 'a string without null bytes', value)
    resolved[key] = value
  }
  return Object.freeze(resolved)
}

/** Half of what this process may have: the rest is for heaps. */
function resolveSharedMemory(bytes: number | undefined): number {
  if (bytes === undefined) return Math.floor(Math.min(totalmem(), constrainedMemory() || Infinity) / 2)
  if (bytes === Infinity) return Number.MAX_SAFE_INTEGER
  return checkInteger('maxSharedMemory', bytes, 0, Number.MAX_SAFE_INTEGER)
}

function resolveStdio(stdio: NonNullable<PoolOptions['stdio']>): { stdout: StdioTarget; stderr: StdioTarget } {
  if (typeof stdio !== 'object' || stdio === null) {
    const both = checkOneOf('stdio', stdio, STDIO)
    return { stdout: both, stderr: both }
  }
  return {
    stdout: checkOneOf('stdio.stdout', stdio.stdout ?? 'inherit', STDIO),
    stderr: checkOneOf('stdio.stderr', stdio.stderr ?? 'inherit', STDIO),
  }
}
