import { checkKeys, checkTime, MAX_TIME } from './check.js'
import { checkCloseTimeout } from './options/life-cycle.js'

/** Options of `pool.close()`. */
export interface CloseOptions {
  /** After this many milliseconds, do not wait for tasks any longer. Default: `closeTimeout` of the pool. */
  timeout?: number | undefined
  /**
   * A stream that nobody has read from for this long while the pool closes is cancelled: its task could never end, and the
   * pool would wait for ever. Milliseconds (a fortieth more may pass), default 10 000; Infinity waits.
   */
  streamTimeout?: number | undefined
}

/** How a pool has ended. */
export interface CloseReport {
  /**
   * Tasks of this thread that were pending and not waited for any longer; they were rejected with ERR_HATCHERY_POOL_CLOSED,
   * and so were those of other threads that use the pool, which are not counted here.
   */
  readonly cancelled: number
}

/** Times after which `close` stops waiting; Infinity: never. */
export interface CloseTimes {
  readonly timeout: number
  readonly streamTimeout: number
}

const KEYS: ReadonlySet<string> = new Set(['timeout', 'streamTimeout'] satisfies (keyof CloseOptions)[])

const STREAM_TIMEOUT = 10_000

/** How often streams are looked at within their time. One read right after a look gets as much more as lies between two. */
const LOOKS = 40

/** Longest time of `setTimeout`, some 24 days; beyond it fires at once. */
const MAX_TIMER = 0x7fff_ffff

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function checkClose(options: CloseOptions, closeTimeout: number): CloseTimes {
  checkKeys('close', options, KEYS)
  const { timeout, streamTimeout = STREAM_TIMEOUT } = options
  const streams = checkTime('streamTimeout', streamTimeout, 0, MAX_TIME)
  return {
    timeout: timeout === undefined ? closeTimeout : checkCloseTimeout('timeout', timeout),
    streamTimeout: streams > MAX_TIMER ? Infinity : streams,
  }
}

/** What a close that takes too long may do. */
interface Impatience {
  /** The time for tasks is over. */
  giveUp(): void
  /** Ends the streams that were not read since it was called so many times before. */
  endUnreadStreams(looks: number): void
}

/** Counts the time of a close. Returns what stops that. */
export function limitClose(times: CloseTimes, impatience: Impatience): () => void {
  const { timeout, streamTimeout } = times
  const end = timeout > MAX_TIMER ? undefined : setTimeout(() => impatience.giveUp(), timeout)
  const pause = Math.max(1, Math.ceil(streamTimeout / LOOKS))
  const streams = streamTimeout === Infinity ? undefined : setInterval(() => impatience.endUnreadStreams(LOOKS), pause)
  return () => {
    clearTimeout(end)
    clearInterval(streams)
  }
}
