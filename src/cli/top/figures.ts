/** What `top` reads of a daemon's figures. Any of it may be missing, from an older daemon. */
import type { CrashInfo } from '../../api/types.js'

/** How long something took, in milliseconds. */
export interface Times {
  readonly p50: number
  readonly p99: number
  readonly p99_9?: number
  readonly max?: number
  readonly count?: number
}

export interface ByPriority {
  readonly high: number
  readonly normal: number
  readonly low: number
}

export interface WorkerFigures {
  readonly id: number
  readonly pid: number
  readonly state: string
  readonly health?: string
  readonly spare?: boolean
  readonly leaving?: boolean
  readonly generation?: number
  readonly inFlight?: number
  readonly tasks?: readonly { readonly name: string; readonly duration: number }[]
  readonly completed?: number
  /** Milliseconds since it began to take tasks. */
  readonly age?: number
  /** Share of that time that it spent in tasks. */
  readonly utilization?: number
  readonly restarts?: number
  readonly rss?: number
  /** Seconds of processor time since its start. */
  readonly cpu?: number
}

export interface Figures {
  readonly startMethod?: string
  readonly generation?: number
  readonly pending?: number
  readonly completed?: number
  readonly rejected?: number
  readonly failed?: number
  readonly cancelled?: number
  readonly timedOut?: number
  readonly lost?: number
  readonly dropped?: number
  readonly quarantined?: number
  readonly retried?: number
  readonly queued?: number
  readonly queues?: ByPriority
  readonly waits?: ByPriority
  readonly running?: number
  readonly recordTiming?: boolean
  readonly waitTime?: Times
  readonly runTime?: Times
  readonly sharedMemoryUsed?: number
  readonly sharedMemoryCapacity?: number
  readonly workersCrashed?: number
  readonly workers?: readonly WorkerFigures[]
  readonly service?: {
    readonly pid?: number
    readonly uptime?: number
    readonly quiet?: boolean
    readonly stopping?: boolean
    readonly connections?: number
    readonly minWorkers?: number
    readonly maxWorkers?: number
    /** Of the last minute. */
    readonly recent?: { readonly window: number; readonly waitTime: Times; readonly runTime: Times } | undefined
  }
}

/** One look at a daemon. */
export interface Sample {
  /** By a clock that only goes forward, in milliseconds. */
  readonly at: number
  readonly figures: Figures
  /** Oldest first. */
  readonly crashes: readonly CrashInfo[]
}
