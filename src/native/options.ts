/** What a native pool is told when it is made. ARCHITECTURE.md says what becomes of it. */

/** How worker processes come to be: forked from the zygote, exec'd one by one, or the better of the two here. */
export type StartMethod = 'auto' | 'fork' | 'spawn'

/**
 * Which processors workers run on, with all their threads.
 *
 * - `'none'`: any that the host may use.
 * - `'spread'`: one each; first one of every core, then its further hardware threads, memory nodes by turns; from the
 *   beginning again when there are more workers than processors.
 * - Lists of processors: worker k has list k, modulo their number; one that replaces another takes its place.
 */
export type Affinity = 'none' | 'spread' | readonly (readonly number[])[]

/** What the native pool is told at construction. Times are milliseconds. */
export interface NativePoolOptions {
  startMethod: StartMethod
  minWorkers: number
  maxWorkers: number
  spares: number
  /** Tasks one worker runs at a time. */
  concurrency: number
  /** An idle worker above `minWorkers` leaves after this long; 0 = never. */
  idleTimeout: number
  /** Until a task begins; 0 = any. */
  queueTimeout: number
  health: NativeHealthOptions
  /** From the cooperative end of a task (cancel, deadline) to SIGKILL. */
  killGrace: number
  startTimeout: number
  nodePath: string
  execArgv: string[]
  /** `undefined`: the host's environment. */
  env: Record<string, string> | undefined
  zygotePath: string
  workerPath: string
  /** JSON `{filename, preload, concurrency, workerData?: base64}`, handed to zygote and workers. */
  config: string
  stdout: 'inherit' | 'ignore' | 'pipe'
  stderr: 'inherit' | 'ignore' | 'pipe'
  /** Bytes that all segments may take up. */
  maxSharedMemory: number
  sharedMemoryPolicy: 'wait' | 'reject'
  affinity: Affinity
  scaling: NativeScalingOptions
  queue: NativeQueueOptions
  limits: NativeLimits
  recovery: NativeRecoveryOptions
  sandbox: NativeSandbox
  observe: NativeObserveOptions
  logging: NativeLogging
}

/** What the core tells of its life. */
export interface NativeLogging {
  /** From this level on; `undefined`: nothing, until another one is set. */
  level: string | undefined
  /** False: nothing, ever. */
  wanted: boolean
}

/** Pauses, in milliseconds. */
export interface NativeBackoff {
  readonly initial: number
  readonly factor: number
  readonly max: number
  readonly jitter: number
}

/** What is done about failures of one code; `asks`: JavaScript has the last word. */
export interface NativeRule {
  readonly code: string
  readonly strategy: string
  readonly asks: boolean
}

/** What is done after failures. */
export interface NativeRecoveryOptions {
  retryBackoff: NativeBackoff
  /** 0: any number. */
  maxCrashes: number
  quarantineSize: number
  /** 0xffff_ffff: any number. */
  maxRestarts: number
  restartWindow: number
  restartBackoff: NativeBackoff
  rules: NativeRule[]
  /** JavaScript has the last word on every failure. */
  asks: boolean
}

/** What is recorded for observers. */
export interface NativeObserveOptions {
  readonly recordTiming: boolean
}

/** What workers may do; what is false is taken from them before any task. */
export interface NativeSandbox {
  /** Absolute paths with all below them; `undefined`: any. */
  files: { read: string[]; write: string[] } | undefined
  net: boolean
  exec: boolean
  signals: boolean
}

/** Limits per worker. Bytes, milliseconds, seconds of processor time; what is not there is not limited. */
export interface NativeLimits {
  maxTasks: number | undefined
  maxAge: number | undefined
  maxRssSoft: number | undefined
  maxRssHard: number | undefined
  files?: number | undefined
  cpu?: number | undefined
  core?: number | undefined
  fileSize?: number | undefined
  nice: number | undefined
  oomScoreAdj: number | undefined
  /** A control group for each worker, below `path` or, without it, the nearest group that allows it. */
  cgroup:
    | {
        path: string | undefined
        memoryMax?: number | undefined
        memoryHigh?: number | undefined
        /** Processors. */
        cpuMax?: number | undefined
        pidsMax?: number | undefined
      }
    | undefined
}

/** When workers are added. Shares are from 0 to 1, or infinite. */
export interface NativeScalingOptions {
  targetQueueWait: number
  interval: number
  upCooldown: number
  maxCpu: number
  maxMemory: number
}

/** How many tasks may wait. */
export interface NativeQueueOptions {
  /** Beyond those that the pool could run at once. */
  maxQueue: number
  /** Any but `'drop-oldest'` refuses. */
  policy: string
  ageing: number
}

/** Milliseconds; 0 = never. */
export interface NativeHealthOptions {
  interval: number
  stoppedTimeout: number
  unresponsiveTimeout: number
  blockedTimeout: number
}
