import { checkKeys, checkTime, MAX_TIME } from '../check.js'
import { invalidOption } from '../invalid-option.js'

/** When workers are added between `minWorkers` and `maxWorkers`, and when they leave. Times are milliseconds. */
export interface ScalingOptions {
  /** Tasks should not wait for longer: if they do, or would at the present pace, workers are added. Default 5. */
  targetQueueWait?: number | undefined
  /**
   * If tasks wait, however shortly, for this long without a break, one worker is added all the same; and while workers are
   * wanted that cannot be had, the pool looks again this often. Default 100.
   */
  interval?: number | undefined
  /** Least time between two additions. Default 0. */
  upCooldown?: number | undefined
  /** How long a worker above `minWorkers` is idle before it leaves. The pool's `idleTimeout` under another name. */
  downDelay?: number | undefined
  /**
   * Share of the processors' time, from 0 to 1, which workers must use for more of them than processors to be of no use as
   * long as tasks get done; `Infinity`: they always are of use. Default 0.9.
   */
  maxCpu?: number | undefined
  /**
   * Share of the memory, from 0 to 1, that may be in use after a worker is added: of the machine's, or of what the control
   * group (cgroup) may have if that is scarcer; `Infinity`: whatever there is. Default 0.95.
   */
  maxMemory?: number | undefined
}

/** {@link ScalingOptions} after all defaults. `downDelay` is the pool's `idleTimeout`. */
export interface ResolvedScaling {
  readonly targetQueueWait: number
  readonly interval: number
  readonly upCooldown: number
  readonly maxCpu: number
  readonly maxMemory: number
}

/** The options of a pool about how many workers it has. */
export interface ScalingPoolOptions {
  /** When workers are added and when they leave. */
  scaling?: ScalingOptions | undefined
  /** How long an idle worker above `minWorkers` is kept; 0 or Infinity: for ever. Default 60 000. */
  idleTimeout?: number | undefined
}

/** {@link ScalingPoolOptions} after all defaults. */
export interface ResolvedScalingPoolOptions {
  readonly scaling: ResolvedScaling
  /** 0: idle workers are kept. */
  readonly idleTimeout: number
}

const KNOWN: ReadonlySet<string> = new Set([
  'targetQueueWait',
  'interval',
  'upCooldown',
  'downDelay',
  'maxCpu',
  'maxMemory',
] satisfies (keyof ScalingOptions)[])

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function resolveScaling({ scaling = {}, idleTimeout }: ScalingPoolOptions): ResolvedScalingPoolOptions {
  if (typeof scaling !== 'object' || scaling === null) throw invalidOption('scaling', 'an object', scaling)
  checkKeys('scaling', scaling, KNOWN)
  const { downDelay } = scaling
  if (downDelay !== undefined && idleTimeout !== undefined) {
    throw invalidOption('scaling.downDelay', 'left out where idleTimeout is given, which is the same', downDelay)
  }
  return {
    scaling: Object.freeze({
      targetQueueWait: checkTime('scaling.targetQueueWait', scaling.targetQueueWait ?? 5, 0, MAX_TIME),
      interval: checkTime('scaling.interval', scaling.interval ?? 100, 1, MAX_TIME),
      upCooldown: checkTime('scaling.upCooldown', scaling.upCooldown ?? 0, 0, MAX_TIME),
      maxCpu: checkShare('scaling.maxCpu', scaling.maxCpu ?? 0.9),
      maxMemory: checkShare('scaling.maxMemory', scaling.maxMemory ?? 0.95),
    }),
    idleTimeout:
      downDelay === undefined
        ? checkTime('idleTimeout', idleTimeout ?? 60_000, 0, 0)
        : checkTime('scaling.downDelay', downDelay, 0, 0),
  }
}

function checkShare(option: string, value: unknown): number {
  if (value === Infinity) return value
  if (typeof value !== 'number' || !(value > 0) || value > 1) {
    throw invalidOption(option, 'a number above 0 and at most 1, or Infinity', value)
  }
  return value
}
