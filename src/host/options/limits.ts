import type { NativeLimits } from '../../native/index.js'
import { checkInteger, checkKeys, checkTime } from '../check.js'
import { invalidOption } from '../invalid-option.js'

const MEBIBYTE = 1 << 20

/** Less than that and Node does not start. */
const LEAST_HEAP = 16 * MEBIBYTE

/** Descriptors that a worker has of its own are about thirty. */
const LEAST_FILES = 64

/** More than any machine can address. */
const MOST_BYTES = Number.MAX_SAFE_INTEGER

/** Memory of a worker, bytes, not counting what it shares with others. */
export interface RssLimits {
  /** Above it, another worker takes its place as soon as it runs nothing. Default: as `hard`. */
  readonly soft?: number | undefined
  /** Above it, the worker is killed at once, and what it runs rejects with ERR_HATCHERY_WORKER_OUT_OF_MEMORY. */
  readonly hard?: number | undefined
}

/** Limits that the kernel keeps for each worker; workers cannot raise them. Default: those of the host. */
export interface RlimitOptions {
  /** Descriptors (RLIMIT_NOFILE), at least 64: beyond them opening fails with EMFILE. */
  readonly files?: number | undefined
  /** Seconds of processor time in a worker's life (RLIMIT_CPU): then SIGXCPU ends it. */
  readonly cpu?: number | undefined
  /** Bytes of a core dump (RLIMIT_CORE); 0: none is written. */
  readonly core?: number | undefined
  /**
   * Bytes of a file (RLIMIT_FSIZE): writing beyond them fails with EFBIG. Results of more than a megabyte travel in a file
   * in memory, for which it holds too.
   */
  readonly fileSize?: number | undefined
}

/** A control group (cgroup v2) for each worker. Without limits the use of each is counted, no more. */
export interface CgroupOptions {
  /** The delegated group below which they are made; `'auto'` (default): the nearest, from the host's own up, that allows it. */
  readonly path?: string | undefined
  /** memory.max, bytes: the kernel kills the worker, and no other; ERR_HATCHERY_WORKER_OUT_OF_MEMORY. */
  readonly memoryMax?: number | undefined
  /** memory.high, bytes: above them the worker is slowed down. */
  readonly memoryHigh?: number | undefined
  /** cpu.max, in processors: 0.5 is half of one. */
  readonly cpuMax?: number | undefined
  /** pids.max: processes and threads, the worker's own (about a dozen) included. */
  readonly pidsMax?: number | undefined
}

/** What each worker may use, and how long it is kept. Bytes, and milliseconds; `Infinity` is no limit. */
export interface LimitOptions {
  /**
   * Tasks a worker is given at most; then another one takes its place, which is ready before it goes. Workers are replaced
   * within the last tenth, each at another point, so that they do not all go at once. Default: no limit.
   */
  maxTasks?: number | undefined
  /** Age at which another worker takes its place, once its tasks have ended; spread as `maxTasks` is. Default: no limit. */
  maxAge?: number | undefined
  /** Memory of a worker: a number is `{ soft }`. Default: no limit. */
  maxRss?: number | RssLimits | undefined
  /**
   * JavaScript heap of zygote and workers (V8's old space), at least 16 MiB. A worker that needs more dies, and what it
   * runs rejects with ERR_HATCHERY_WORKER_OUT_OF_MEMORY. Default: what V8 makes of the memory there is.
   */
  maxHeap?: number | undefined
  /** Limits that the kernel keeps. */
  rlimits?: RlimitOptions | undefined
  /** Nice value of the workers, from -20 to 19; below the host's own only with the privilege. Default: the host's. */
  nice?: number | undefined
  /**
   * Whom the kernel kills when memory runs out: `oom_score_adj` of the workers, from -1000 (never) to 1000. Default: the
   * host's own plus 100, so that it is a worker and not the host.
   */
  oomScoreAdj?: number | undefined
  /** A control group for each worker. */
  cgroup?: CgroupOptions | undefined
}

/** {@link LimitOptions} after all defaults; `Infinity` or `undefined`: no limit. */
export interface ResolvedLimitOptions {
  readonly maxTasks: number
  readonly maxAge: number
  readonly maxRss: { readonly soft: number; readonly hard: number }
  readonly maxHeap: number
  readonly rlimits: RlimitOptions
  readonly nice: number | undefined
  readonly oomScoreAdj: number | undefined
  readonly cgroup: (CgroupOptions & { readonly path: string }) | undefined
}

/** Names of the options. */
export const LIMIT_KEYS = [
  'maxTasks',
  'maxAge',
  'maxRss',
  'maxHeap',
  'rlimits',
  'nice',
  'oomScoreAdj',
  'cgroup',
] as const satisfies readonly (keyof LimitOptions)[]

const RSS_KEYS: ReadonlySet<string> = new Set(['soft', 'hard'] satisfies (keyof RssLimits)[])
const RLIMIT_KEYS: ReadonlySet<string> = new Set(['files', 'cpu', 'core', 'fileSize'] satisfies (keyof RlimitOptions)[])
const CGROUP_KEYS: ReadonlySet<string> = new Set([
  'path',
  'memoryMax',
  'memoryHigh',
  'cpuMax',
  'pidsMax',
] satisfies (keyof CgroupOptions)[])

/**
 * Checks the limits and fills in the defaults.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function resolveLimits(options: LimitOptions): ResolvedLimitOptions {
  const { nice, oomScoreAdj } = options
  return {
    maxTasks: count('maxTasks', options.maxTasks, 1) ?? Infinity,
    maxAge: checkTime('maxAge', options.maxAge ?? Infinity, 1, Infinity),
    maxRss: resolveRss(options.maxRss),
    maxHeap: count('maxHeap', options.maxHeap, LEAST_HEAP) ?? Infinity,
    rlimits: resolveRlimits(options.rlimits),
    nice: nice === undefined ? undefined : checkInteger('nice', nice, -20, 19),
    oomScoreAdj: oomScoreAdj === undefined ? undefined : checkInteger('oomScoreAdj', oomScoreAdj, -1000, 1000),
    cgroup: resolveCgroup(options.cgroup),
  }
}

/** Options of Node that limit its heap. */
export function heapArguments(maxHeap: number): string[] {
  return maxHeap === Infinity ? [] : [`--max-old-space-size=${Math.floor(maxHeap / MEBIBYTE)}`]
}

/** What the native pool is told of them. */
export function nativeLimits(options: ResolvedLimitOptions): NativeLimits {
  const { maxTasks, maxAge, maxRss, rlimits, nice, oomScoreAdj, cgroup } = options
  const finite = (value: number) => (value === Infinity ? undefined : value)
  return {
    maxTasks: finite(maxTasks),
    maxAge: finite(maxAge),
    maxRssSoft: finite(maxRss.soft),
    maxRssHard: finite(maxRss.hard),
    ...rlimits,
    nice,
    oomScoreAdj,
    cgroup: cgroup && { ...cgroup, path: cgroup.path === 'auto' ? undefined : cgroup.path },
  }
}

function resolveRss(limits: LimitOptions['maxRss']): ResolvedLimitOptions['maxRss'] {
  if (typeof limits !== 'object' || limits === null) {
    return Object.freeze({ soft: count('maxRss', limits, 1) ?? Infinity, hard: Infinity })
  }
  checkKeys('maxRss', limits, RSS_KEYS)
  const hard = count('maxRss.hard', limits.hard, 1) ?? Infinity
  const soft = count('maxRss.soft', limits.soft, 1) ?? hard
  if (soft > hard) throw invalidOption('maxRss.soft', `at most maxRss.hard (${hard})`, soft)
  return Object.freeze({ soft, hard })
}

function resolveRlimits(rlimits: RlimitOptions | undefined): RlimitOptions {
  if (rlimits === undefined) return Object.freeze({})
  const { files, cpu, core, fileSize } = checkObject('rlimits', rlimits, RLIMIT_KEYS)
  return Object.freeze({
    files: count('rlimits.files', files, LEAST_FILES),
    cpu: count('rlimits.cpu', cpu, 1),
    core: count('rlimits.core', core, 0),
    fileSize: count('rlimits.fileSize', fileSize, 0),
  })
}

function resolveCgroup(cgroup: CgroupOptions | undefined): ResolvedLimitOptions['cgroup'] {
  if (cgroup === undefined) return undefined
  const { path = 'auto', memoryMax, memoryHigh, cpuMax, pidsMax } = checkObject('cgroup', cgroup, CGROUP_KEYS)
  if (path !== 'auto' && (typeof path !== 'string' || !path.startsWith('/') || path.includes('\0'))) {
    throw invalidOption('cgroup.path', "an absolute path, or 'auto'", path)
  }
  return Object.freeze({
    path,
    memoryMax: count('cgroup.memoryMax', memoryMax, 1),
    memoryHigh: count('cgroup.memoryHigh', memoryHigh, 1),
    cpuMax: checkProcessors('cgroup.cpuMax', cpuMax),
    pidsMax: count('cgroup.pidsMax', pidsMax, 1),
  })
}

function checkObject<T extends object>(option: string, value: T, known: ReadonlySet<string>): T {
  if (typeof value !== 'object' || value === null) throw invalidOption(option, 'an object', value)
  checkKeys(option, value, known)
  return value
}

/** A whole number; `undefined` for no limit. */
function count(option: string, value: number | undefined, minimum: number): number | undefined {
  if (value === undefined || value === Infinity) return undefined
  return checkInteger(option, value, minimum, MOST_BYTES)
}

function checkProcessors(option: string, value: number | undefined): number | undefined {
  if (value === undefined || value === Infinity) return undefined
  if (typeof value !== 'number' || !(value >= 0.01 && value <= 4096)) {
    throw invalidOption(option, 'a number of processors from 0.01 to 4096', value)
  }
  return value
}
