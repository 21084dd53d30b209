/** Options of the client. Times are milliseconds. */
import { unknownOption } from '../errors/unknown-option.js'

/** Options of `connect()`. */
export interface ClientOptions {
  /** For TCP: what the daemon's token file holds; the end of its line does not count. */
  token?: string | undefined
  /**
   * Connections for what lasts: each task that is waited for, each stream and each loop over events takes one. Default 64. Beside
   * them there are as many as that, but at most 8, for all other calls: what cancels a task need not wait for it.
   */
  maxConnections?: number | undefined
}

/** Options of any request. */
export interface RequestOptions {
  /**
   * Gives the request up, which then rejects with the signal's reason, as `fetch` does. A task that is waited for is
   * cancelled by it, unless it is detached.
   */
  signal?: AbortSignal | undefined
}

/** Options of `submit`. */
export interface SubmitOptions extends RequestOptions {
  /** Names the task; without it the daemon chooses one. */
  id?: string | undefined
  /** Default `'normal'`. */
  priority?: 'high' | 'normal' | 'low' | undefined
  /** How long it may run, from when a worker begins it. */
  timeout?: number | undefined
  /** How long it may wait for a worker. */
  queueTimeout?: number | undefined
  /** How often it is tried again if its worker dies. */
  retries?: number | undefined
  /** … and if it throws. */
  retryErrors?: boolean | undefined
}

/** Options of `run`. */
export interface RunOptions extends SubmitOptions {
  /**
   * The task goes on if this client goes away or gives up, and its result is kept for a while. Default false: then it
   * is cancelled.
   */
  detach?: boolean | undefined
  /** Called with each value that the task hands to `progress()`. */
  onProgress?: ((value: any) => void) | undefined
}

/** Options of `stream`. */
export interface StreamOptions extends Omit<RunOptions, 'retries' | 'retryErrors'> {}

/** Options of `wait`. */
export interface WaitOptions extends RequestOptions {
  /** How long to wait; default for as long as it takes. */
  timeout?: number | undefined
}

/** Options of `events`. */
export interface EventOptions extends RequestOptions {
  /** The last event that was had: those after it come, as far as they are kept. */
  lastEventId?: number | undefined
}

const REQUEST: readonly string[] = ['signal'] satisfies (keyof RequestOptions)[]
const SUBMIT: readonly string[] = [
  'id',
  'priority',
  'timeout',
  'queueTimeout',
  'retries',
  'retryErrors',
  'signal',
] satisfies (keyof SubmitOptions)[]

/** What each call takes. */
export const OPTIONS = {
  connect: ['token', 'maxConnections'] satisfies (keyof ClientOptions)[],
  run: [...SUBMIT, ...(['detach', 'onProgress'] satisfies (keyof RunOptions)[])],
  submit: SUBMIT,
  wait: ['timeout', 'signal'] satisfies (keyof WaitOptions)[],
  events: ['lastEventId', 'signal'] satisfies (keyof EventOptions)[],
  watch: ['lastEventId', 'stats', 'signal'],
  list: ['state', 'limit', 'signal'],
  task: REQUEST,
  stats: REQUEST,
} as const satisfies Readonly<Record<string, readonly string[]>>

/**
 * A mistyped name must not pass in silence.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function checkOptions(what: keyof typeof OPTIONS, options: object): void {
  const known: readonly string[] = OPTIONS[what]
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw unknownOption(what, key, new Set(known))
  }
}
