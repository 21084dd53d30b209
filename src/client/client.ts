import type { IncomingMessage } from 'node:http'
import type { CrashInfo, DaemonStats, QuarantineInfo, SizeInfo, TaskInfo, TaskList, TaskState } from '../api/types.js'
import { stringifyAll } from '../api/values.js'
import { decodeWireError } from '../api/wire-error.js'
import { ERROR_CODES } from '../errors/codes.js'
import { HatcheryError } from '../errors/hatchery-error.js'
import { type DaemonEvent, type ItemStream, readEvents, type TaskEvent } from './events.js'
import {
  type ClientOptions,
  checkOptions,
  type EventOptions,
  type RequestOptions,
  type RunOptions,
  type StreamOptions,
  type SubmitOptions,
  type WaitOptions,
} from './options.js'
import { RemoteStream } from './remote-stream.js'
import { makeRemoteTasks, type RemoteTasks } from './tasks.js'
import { Transport } from './transport.js'

/** How long one request waits for a result, in milliseconds; then another one does. */
const LONG_POLL = 30_000
/** How much later than it should a daemon may answer a `wait` before it is given up, in milliseconds. */
const PATIENCE = 5_000
/** Longest time that timers take, some 24 days. */
const MAX_TIMER = 0x7fff_ffff

/**
 * A client of the daemon at this address: the path of its Unix socket, or an `http:` URL; an `https:` one for a proxy that
 * speaks TLS. Nothing is sent before the first call.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION for what is no address
 * @example
 * ```ts
 * const client = connect('/run/hatchery/pool.sock')
 * const thumbnail = await client.run('resize', { file, width: 200 }, { timeout: 5_000 })
 * ```
 */
export function connect(address: string | URL, options: ClientOptions = {}): Client {
  return new Client(new Transport(address, options))
}

/**
 * A daemon as seen from another process; see {@link connect}. What the daemon refuses, and what tasks fail with, comes as the
 * errors that `pool.run` rejects with, by the same codes; ERR_HATCHERY_UNREACHABLE if there is no daemon.
 */
export class Client {
  readonly #transport: Transport

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport
  }

  /**
   * Runs a task: `payload` becomes the one argument of the exported function.
   *
   * @param name undefined: the function that the pool names by default
   * @returns what the function returns; rejects with what it throws
   */
  async run<Result = any>(name?: string, payload?: unknown, options: RunOptions = {}): Promise<Result> {
    return this.#run(name, { payload }, options)
  }

  /** Submits a task and does not wait for it. Its result is kept for a while; see {@link wait}. */
  async submit(name?: string, payload?: unknown, options: SubmitOptions = {}): Promise<TaskInfo> {
    checkOptions('submit', options)
    const { signal, ...rest } = options
    const { value } = await this.#post({ name, payload, ...rest }, signal)
    return value
  }

  /**
   * The result of a task that was submitted.
   *
   * @returns what the function returned; rejects with what it threw, with ERR_HATCHERY_NOT_FOUND if the result is not kept
   * any more, or with ERR_HATCHERY_WAIT_TIMEOUT (`name`: TimeoutError) after `timeout`; then the task goes on
   */
  async wait<Result = any>(id: string, options: WaitOptions = {}): Promise<Result> {
    checkOptions('wait', options)
    const { timeout = Infinity, signal } = options
    if (!(typeof timeout === 'number' && timeout >= 0)) {
      const message = `"timeout" must be milliseconds, 0 or more; received ${String(timeout)}.`
      throw new HatcheryError(ERROR_CODES.INVALID_OPTION, message)
    }
    const end = performance.now() + timeout
    // A daemon that hangs answers nothing.
    const limit = timeout + PATIENCE < MAX_TIMER ? AbortSignal.timeout(Math.ceil(timeout) + PATIENCE) : undefined
    const either = signal !== undefined && limit !== undefined ? AbortSignal.any([signal, limit]) : (signal ?? limit)
    for (;;) {
      const left = Math.max(0, Math.min(LONG_POLL, end - performance.now()))
      const path = `/v1/tasks/${encodeURIComponent(id)}?wait=${Math.ceil(left)}`
      const { value } = await this.#transport
        .call({ method: 'GET', path, signal: either, lasts: true })
        .catch((cause) => {
          throw limit?.aborted === true && cause === limit.reason ? waitTimeout(id, timeout, cause) : cause
        })
      const { state, result, error } = value as TaskInfo
      if (state === 'completed') return result as Result
      if (error !== undefined) throw decodeWireError(error)
      if (performance.now() >= end) throw waitTimeout(id, timeout)
    }
  }

  /** All that is known of a task. */
  async task(id: string, options: RequestOptions = {}): Promise<TaskInfo> {
    checkOptions('task', options)
    const { signal } = options
    const { value } = await this.#transport.call({ method: 'GET', path: `/v1/tasks/${encodeURIComponent(id)}`, signal })
    return value
  }

  /** The latest tasks, newest first. */
  async list(
    options: { state?: TaskState | undefined; limit?: number | undefined } & RequestOptions = {},
  ): Promise<TaskList> {
    checkOptions('list', options)
    const { signal, ...query } = options
    const path = `/v1/tasks?${queryOf(query)}`
    return (await this.#transport.call({ method: 'GET', path, signal })).value
  }

  /** Cancels a pending task; forgets the result of one that has settled. */
  async cancel(id: string, reason?: string): Promise<TaskInfo> {
    const query = reason === undefined ? '' : `?${new URLSearchParams({ reason })}`
    return (await this.#transport.call({ method: 'DELETE', path: `/v1/tasks/${encodeURIComponent(id)}${query}` })).value
  }

  /**
   * Runs a task whose function is a generator, and yields its items as they come. The worker is only a limited number of
   * items ahead. Leaving the loop early cancels the task, unless it is detached.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION
   */
  stream<Item = any, Return = any>(
    name?: string,
    payload?: unknown,
    options: StreamOptions = {},
  ): ItemStream<Item, Return> {
    return this.#stream(name, { payload }, options)
  }

  /** What happens to a task, from its submission to its end. */
  events(id: string, options: EventOptions = {}): AsyncIterableIterator<TaskEvent> {
    checkOptions('events', options)
    const path = `/v1/tasks/${encodeURIComponent(id)}/events`
    return this.#follow(path, options) as AsyncIterableIterator<unknown> as AsyncIterableIterator<TaskEvent>
  }

  /**
   * What happens to pool, workers and tasks from now on.
   *
   * @param options `stats`: milliseconds between two events with the figures; default none
   */
  watch(options: EventOptions & { stats?: number | undefined } = {}): AsyncIterableIterator<DaemonEvent> {
    checkOptions('watch', options)
    return this.#follow(options.stats === undefined ? '/v1/events' : `/v1/events?stats=${options.stats}`, options)
  }

  /**
   * The exports of the daemon's module, typed by it: `client.tasks<typeof import('./worker.js')>().resize(file, 200)`. Arguments
   * and results are JSON on their way, beside bytes, dates, BigInts, maps and sets: of an instance of a class its own properties
   * arrive, of a regular expression its text.
   */
  tasks<Module = Record<string, (...parameters: any[]) => Promise<any>>>(): RemoteTasks<Module> {
    return makeRemoteTasks(
      (name, args, options) => this.#run(name, oneOrAll(args), options),
      (name, args, options) => this.#stream(name, oneOrAll(args), options),
    )
  }

  /** The figures of pool and daemon: as `pool.stats()`, and `service`. */
  async stats(options: RequestOptions = {}): Promise<DaemonStats> {
    checkOptions('stats', options)
    return (await this.#transport.call({ method: 'GET', path: '/v1/stats', signal: options.signal })).value
  }

  /** Sets how many workers there are; fulfilled once there are that many. */
  async resize(size: number | { min?: number | undefined; max?: number | undefined }): Promise<SizeInfo> {
    return this.#act('/v1/pool/resize', typeof size === 'number' ? { workers: size } : size)
  }

  /** Starts the code of the workers anew; fulfilled once the last old worker has left. */
  async reload(): Promise<void> {
    await this.#act('/v1/pool/reload')
  }

  /** No more tasks are taken until `resume`; what there is goes on. */
  async quiet(): Promise<void> {
    await this.#act('/v1/pool/quiet')
  }

  /** Tasks are taken again. */
  async resume(): Promise<void> {
    await this.#act('/v1/pool/resume')
  }

  /** As `quiet`; fulfilled once no task is pending. */
  async drain(): Promise<void> {
    await this.#act('/v1/pool/drain')
  }

  /** Replaces all workers, some at a time, by new ones from the same code. Returns how many. */
  async recycle(): Promise<number> {
    return (await this.#act<{ workers: number }>('/v1/pool/recycle')).workers
  }

  /** Replaces one worker, when it has ended what it has begun. */
  async restartWorker(workerId: number): Promise<void> {
    await this.#act(`/v1/workers/${workerId}/restart`)
  }

  /** Tasks that have killed too many workers. */
  async quarantine(): Promise<readonly QuarantineInfo[]> {
    return (await this.#transport.call({ method: 'GET', path: '/v1/quarantine' })).value.tasks
  }

  /** Forgets a task that is in quarantine. */
  async releaseQuarantined(id: number): Promise<void> {
    await this.#transport.call({ method: 'DELETE', path: `/v1/quarantine/${id}` })
  }

  /** The latest workers that have died, with the end of what they wrote to standard error. */
  async crashes(): Promise<readonly CrashInfo[]> {
    return (await this.#transport.call({ method: 'GET', path: '/v1/crashes' })).value.crashes
  }

  /** Closes the connections; what is waited for is given up. A later call opens one anew. */
  close(): void {
    this.#transport.close()
  }

  async #run(name: string | undefined, input: Input, given: RunOptions): Promise<any> {
    checkOptions('run', given)
    const { signal, onProgress, ...options } = given
    if (onProgress !== undefined) {
      const events = this.#listen({ name, ...input, ...options }, signal, onProgress)
      return (await events.next()).value
    }
    const { value } = await this.#post({ name, ...input, ...options, wait: true }, signal)
    // Bytes come by themselves, anything else in what is known of the task.
    return Buffer.isBuffer(value) ? value : (value as TaskInfo).result
  }

  #stream(name: string | undefined, input: Input, options: StreamOptions): ItemStream<any, any> {
    checkOptions('run', options)
    const { signal, onProgress, ...rest } = options
    return this.#listen({ name, ...input, ...rest, stream: true }, signal, onProgress)
  }

  /** Submits a task, and hears of it as it goes on. */
  #listen(request: object, signal: AbortSignal | undefined, onProgress: StreamOptions['onProgress']): RemoteStream {
    const either = (end: AbortSignal) => (signal === undefined ? end : AbortSignal.any([signal, end]))
    return new RemoteStream({
      begin: (end) =>
        this.#transport.open({
          method: 'POST',
          path: '/v1/tasks',
          body: textOf(request),
          accept: 'text/event-stream',
          signal: either(end),
          lasts: true,
        }),
      resume: (id, last, end) => this.#openEvents(`/v1/tasks/${encodeURIComponent(id)}/events`, last, either(end)),
      lost: (cause) => this.#transport.lost(cause, signal),
      detached: (request as RunOptions).detach === true,
      onProgress,
    })
  }

  async #post(fields: Record<string, unknown>, signal: AbortSignal | undefined) {
    const { payload, ...rest } = fields
    const to = { method: 'POST', accept: ANY, signal, lasts: fields['wait'] === true } as const
    const path = '/v1/tasks'
    if (!(payload instanceof Uint8Array)) return this.#transport.call({ ...to, path, body: textOf(fields) })
    return this.#transport.call({ ...to, path: `${path}?${queryOf(rest)}`, body: payload })
  }

  async #act<T = any>(path: string, fields: object = {}): Promise<T> {
    return (await this.#transport.call({ method: 'POST', path, body: textOf(fields) })).value
  }

  async *#follow(path: string, { lastEventId, signal }: EventOptions): AsyncGenerator<DaemonEvent, void, undefined> {
    // Whoever leaves the loop leaves the connection.
    const response = await this.#openEvents(path, lastEventId, signal)
    try {
      yield* readEvents(response)
    } catch (error) {
      throw this.#transport.lost(error, signal)
    } finally {
      response.destroy()
    }
  }

  #openEvents(path: string, last: number | undefined, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const headers = last === undefined ? {} : { 'last-event-id': String(last) }
    return this.#transport.open({ method: 'GET', path, accept: 'text/event-stream', headers, signal, lasts: true })
  }
}

/** What a function is called with. */
type Input = { readonly payload: unknown } | { readonly args: readonly unknown[] }

const ANY = 'application/json, application/octet-stream'

/** One argument needs no list around it, and can be bytes. */
function oneOrAll(args: readonly unknown[]): Input {
  return args.length === 1 ? { payload: args[0] } : { args }
}

function waitTimeout(id: string, timeout: number, cause?: unknown): HatcheryError {
  const message = `The task ${id} has not settled within ${timeout} ms. It goes on: wait again, or cancel it.`
  return new HatcheryError(ERROR_CODES.WAIT_TIMEOUT, message, { timeout }, cause === undefined ? undefined : { cause })
}

/** What is undefined is left out. */
function queryOf(fields: object): URLSearchParams {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) query.set(key, String(value))
  return query
}

function textOf(value: object): string {
  try {
    return stringifyAll(value)!
  } catch (cause) {
    const [why] = (cause as Error).message.split('\n')
    const message = `The payload cannot be put into JSON: ${why}. Send plain data without cycles, or bytes.`
    throw new HatcheryError(ERROR_CODES.DATA_CLONE, message, undefined, { cause })
  }
}
