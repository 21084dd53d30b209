// The public API of Hatchery, made by `npm run api`. Do not edit: change the sources and run it again.
// Reviewed like code: a difference here is a difference that users see.

declare module 'hatchery' {
  import { EventEmitter } from 'node:events';
  export { m as move } from 'hatchery/internal/move.d';

  /**
   * Every code a {@link HatcheryError} can carry, each with the moment it is raised.
   *
   * Codes are part of the public API: they are added, never renamed.
   */
  const ERROR_CODES: {
      /** An option of the pool, of `run` or of `map` has the wrong type or is out of range. */
      readonly INVALID_OPTION: "ERR_HATCHERY_INVALID_OPTION";
      /** The worker file does not exist; raised at the call that names it. */
      readonly WORKER_FILE_NOT_FOUND: "ERR_HATCHERY_WORKER_FILE_NOT_FOUND";
      /** The worker module threw while it was loaded in the worker. */
      readonly WORKER_MODULE_FAILED: "ERR_HATCHERY_WORKER_MODULE_FAILED";
      /** The worker module exports no function of that name. */
      readonly TASK_UNKNOWN: "ERR_HATCHERY_TASK_UNKNOWN";
      /** A task called by `stream` returned what cannot be iterated. */
      readonly NOT_ITERABLE: "ERR_HATCHERY_NOT_ITERABLE";
      /** A value cannot be cloned. */
      readonly DATA_CLONE: "ERR_HATCHERY_DATA_CLONE";
      /** The pool is closed or closing. */
      readonly POOL_CLOSED: "ERR_HATCHERY_POOL_CLOSED";
      /** The pool gave up: workers died faster than the restart bound allows, or the driver broke. */
      readonly POOL_FAILED: "ERR_HATCHERY_POOL_FAILED";
      /** The task ran past its deadline. */
      readonly TASK_TIMEOUT: "ERR_HATCHERY_TASK_TIMEOUT";
      /** The task's AbortSignal fired. */
      readonly TASK_CANCELLED: "ERR_HATCHERY_TASK_CANCELLED";
      /** The task's worker was killed because another task that it had begun did not stop in time (`concurrency` > 1). */
      readonly WORKER_LOST: "ERR_HATCHERY_WORKER_LOST";
      /** The task's worker left by `process.exit`. */
      readonly WORKER_EXITED: "ERR_HATCHERY_WORKER_EXITED";
      /** The task's worker was killed by a signal. */
      readonly WORKER_SIGNALLED: "ERR_HATCHERY_WORKER_SIGNALLED";
      /** The task's worker called `process.abort`. */
      readonly WORKER_ABORTED: "ERR_HATCHERY_WORKER_ABORTED";
      /** The task's worker reached its heap limit. */
      readonly WORKER_OUT_OF_MEMORY: "ERR_HATCHERY_WORKER_OUT_OF_MEMORY";
      /** The task's worker wrote something into its lane that no worker writes. */
      readonly WORKER_LANE_CORRUPT: "ERR_HATCHERY_WORKER_LANE_CORRUPT";
      /** A worker did not come up. */
      readonly WORKER_START_FAILED: "ERR_HATCHERY_WORKER_START_FAILED";
      /** The zygote holds something that must not be forked, and `startMethod: 'fork'` was demanded. */
      readonly FORK_UNSAFE: "ERR_HATCHERY_FORK_UNSAFE";
      /** A `preload` module threw in the zygote. */
      readonly PRELOAD_FAILED: "ERR_HATCHERY_PRELOAD_FAILED";
      /** No native binary for this platform, or the platform refuses what the pool needs. */
      readonly PLATFORM_UNSUPPORTED: "ERR_HATCHERY_PLATFORM_UNSUPPORTED";
      /** The driver's queue holds as many tasks as it may. */
      readonly QUEUE_FULL: "ERR_HATCHERY_QUEUE_FULL";
      /** The memory of `pool.alloc()`, or of large tasks, would grow past `maxSharedMemory`. */
      readonly SHARED_MEMORY_FULL: "ERR_HATCHERY_SHARED_MEMORY_FULL";
      /** A lane could not be made or mapped. */
      readonly LANE: "ERR_HATCHERY_LANE";
      /** Zygote or worker sent a message that is not of the protocol. */
      readonly PROTOCOL: "ERR_HATCHERY_PROTOCOL";
      /** The kernel refused a system call; the message names it. */
      readonly SYSTEM: "ERR_HATCHERY_SYSTEM";
      /** Bytes from a worker are no valid encoding. */
      readonly BAD_ENCODING: "ERR_HATCHERY_BAD_ENCODING";
  };
  /** Short names of the codes: `'TASK_TIMEOUT'`, … */
  type ErrorName = keyof typeof ERROR_CODES;
  /** The `code` of a {@link HatcheryError}. */
  type HatcheryErrorCode = (typeof ERROR_CODES)[ErrorName];

  /** What is known about the event behind a {@link HatcheryError}; absent where it does not apply. */
  interface HatcheryErrorDetails {
      /** Exit code of the worker. */
      exitCode?: number | undefined;
      /** Name of the signal that ended the worker, such as `'SIGKILL'`. */
      signal?: string | undefined;
      /** Which attempt at the task failed; 1 is the first. */
      attempt?: number | undefined;
      /** The pool's number for the worker. */
      workerId?: number | undefined;
      /** Process id the worker had. */
      pid?: number | undefined;
      /** Name of the exported function that was to run. */
      taskName?: string | undefined;
      /** The deadline that passed, in milliseconds. */
      timeout?: number | undefined;
  }
  /**
   * The one class of every error that Hatchery itself raises. Tell them apart by {@link HatcheryError.code};
   * errors thrown by a task arrive as themselves, not as this class.
   */
  class HatcheryError extends Error {
      /** Stable, machine-readable reason. */
      readonly code: HatcheryErrorCode;
      /** {@inheritDoc HatcheryErrorDetails.exitCode} */
      readonly exitCode?: number;
      /** {@inheritDoc HatcheryErrorDetails.signal} */
      readonly signal?: string;
      /** {@inheritDoc HatcheryErrorDetails.attempt} */
      readonly attempt?: number;
      /** {@inheritDoc HatcheryErrorDetails.workerId} */
      readonly workerId?: number;
      /** {@inheritDoc HatcheryErrorDetails.pid} */
      readonly pid?: number;
      /** {@inheritDoc HatcheryErrorDetails.taskName} */
      readonly taskName?: string;
      /** {@inheritDoc HatcheryErrorDetails.timeout} */
      readonly timeout?: number;
      /**
       * @param code one of {@link ERROR_CODES}
       * @param message says what happened and what to do
       * @param details facts about the event
       * @param options the standard `{ cause }`
       */
      constructor(code: HatcheryErrorCode, message: string, details?: HatcheryErrorDetails, options?: ErrorOptions);
  }

  /** The contract between the facade and crates/node; ARCHITECTURE.md, "Staging and events", has the layouts. */
  /** How worker processes come to be: forked from the zygote, exec'd one by one, or the better of the two here. */
  type StartMethod = 'auto' | 'fork' | 'spawn';
  /**
   * Which processors workers run on, with all their threads.
   *
   * - `'none'`: any that the host may use.
   * - `'spread'`: one each; first one of every core, then its further hardware threads, memory nodes by turns; from the
   *   beginning again when there are more workers than processors.
   * - Lists of processors: worker k has list k, modulo their number; one that replaces another takes its place.
   */
  type Affinity = 'none' | 'spread' | readonly (readonly number[])[];

  /**
   * Bytes on memory that host and workers share: what `pool.alloc()` returns, and what a task gets that is given it. Passed
   * to a task or returned by one it travels as a handle, whatever its size. What is made of it, such as `subarray`, is a
   * plain `Uint8Array` on the same memory, and travels as a handle as well; `slice` copies.
   *
   * The memory is let go of when nothing refers to it any more, or at once at the end of `using`. It goes back to the system
   * when every process has let go.
   */
  class SharedBytes extends Uint8Array<ArrayBuffer> {
      static get [Symbol.species](): Uint8ArrayConstructor;
      /** Lets go of the memory in this process. This array, and every view on the same memory, is empty from then on. */
      [Symbol.dispose](): void;
  }

  /** Options of `pool.alloc()`. */
  interface AllocOptions {
      /** What a worker writes stays its own: neither the host nor another worker sees it. Default: false. */
      readOnly?: boolean | undefined;
  }

  /** Where a worker's standard output or error goes: to the host's own, or nowhere. */
  type StdioTarget = 'inherit' | 'ignore';
  /** Options of `new Pool()`. Times are milliseconds; `Infinity` is a time that never comes. */
  interface PoolOptions {
      /** The module whose exports are the tasks: a path, or a `file:` URL. `run` can name another one. */
      filename?: string | URL | undefined;
      /** Export that `run` calls if it names none. Default `'default'`. */
      name?: string | undefined;
      /** Modules the zygote loads before it forks: files, URLs or package names. Workers share their memory. */
      preload?: readonly (string | URL)[] | undefined;
      /**
       * Whether the zygote loads `filename` too, so that its workers find it loaded and share its memory. Default true;
       * false for a module that must not be forked, such as one that opens connections as it loads.
       */
      shareFilename?: boolean | undefined;
      /** Workers kept even when idle. Default 1 (a fork takes milliseconds), or `maxWorkers` if that is less. */
      minWorkers?: number | undefined;
      /**
       * Workers at most. Default: as many as there are processors that this process may use, fewer if its control groups
       * (cgroups) grant it less time; or `minWorkers` if that is more.
       */
      maxWorkers?: number | undefined;
      /**
       * Workers beyond those, started and idle, that take the place of one that dies, or are one more under load, without a
       * start to wait for. Forked, each costs a few megabytes. Default 0, at most 64.
       */
      spares?: number | undefined;
      /** Alias of `minWorkers`, as piscina has it. */
      minThreads?: number | undefined;
      /** Alias of `maxWorkers`, as piscina has it. */
      maxThreads?: number | undefined;
      /** Tasks one worker runs at a time; above 1 it pays for tasks that wait for I/O. Default 1, at most 1024. */
      concurrency?: number | undefined;
      /** Alias of `concurrency`, as piscina has it. */
      concurrentTasksPerWorker?: number | undefined;
      /**
       * How workers come to be. `'fork'`: from the zygote, or not at all. `'spawn'`: each a fresh Node process.
       * `'auto'` (default): fork where zygote and platform allow it, otherwise spawn, with a `'warning'` event.
       */
      startMethod?: StartMethod | undefined;
      /** Options of Node for zygote and workers. Default: those of the host, less what is the host's alone. */
      execArgv?: readonly string[] | undefined;
      /** Environment of zygote and workers. Default: that of the host. */
      env?: Readonly<Record<string, string | undefined>> | undefined;
      /** How long an idle worker above `minWorkers` is kept; 0 or Infinity: for ever. Default 60 000. */
      idleTimeout?: number | undefined;
      /** From the abort of a task's own signal (cancel, timeout) to SIGKILL for its worker. Default 1000. */
      killGrace?: number | undefined;
      /** How long zygote and workers may take to come up. Default 30 000. */
      startTimeout?: number | undefined;
      /** Standard output and error of the workers. Default `'inherit'`. */
      stdio?: StdioTarget | {
          readonly stdout?: StdioTarget;
          readonly stderr?: StdioTarget;
      } | undefined;
      /**
       * Which processors workers run on: `'none'` (default) for any, `'spread'` for one each, or lists of processors, of
       * which worker k has list k modulo their number. A worker that is so kept on one memory node (NUMA) gets the memory it
       * shares with the host from there, where the kernel allows it.
       */
      affinity?: Affinity | undefined;
      /** Handed to every worker as it starts: a structured clone of it, made when the pool is. */
      workerData?: unknown;
      /**
       * Bytes that the memory of `pool.alloc()`, and tasks of more than a megabyte on their way to workers, may take up.
       * Default: half of what the system or container has.
       */
      maxSharedMemory?: number | undefined;
      /**
       * What becomes of a task of more than a megabyte when there is no room for it: it waits, and others go on (`'wait'`, the
       * default), or is rejected with ERR_HATCHERY_SHARED_MEMORY_FULL. `pool.alloc()` throws that in any case.
       */
      sharedMemoryPolicy?: 'wait' | 'reject' | undefined;
  }
  /** {@link PoolOptions} after all defaults: what `pool.options` shows. Times are milliseconds. */
  interface ResolvedPoolOptions {
      /** `file:` URL, if there is a default module. */
      readonly filename: string | undefined;
      readonly name: string;
      /** URLs, or names of built-in modules. */
      readonly preload: readonly string[];
      readonly shareFilename: boolean;
      readonly minWorkers: number;
      readonly maxWorkers: number;
      readonly spares: number;
      /** As `minWorkers`. */
      readonly minThreads: number;
      /** As `maxWorkers`. */
      readonly maxThreads: number;
      readonly concurrency: number;
      /** As `concurrency`. */
      readonly concurrentTasksPerWorker: number;
      readonly startMethod: StartMethod;
      readonly execArgv: readonly string[];
      /** `undefined`: that of the host. */
      readonly env: Readonly<Record<string, string>> | undefined;
      /** 0: idle workers are kept. */
      readonly idleTimeout: number;
      readonly killGrace: number;
      readonly startTimeout: number;
      readonly stdout: StdioTarget;
      readonly stderr: StdioTarget;
      readonly affinity: Affinity;
      readonly workerData: unknown;
      readonly maxSharedMemory: number;
      readonly sharedMemoryPolicy: 'wait' | 'reject';
  }

  /** What a thread needs to use a pool of another thread: plain data, for `workerData` or `postMessage`. */
  interface PoolHandle {
      /** The pool's number in its process. */
      readonly pool: number;
      /** The process that has the pool. */
      readonly pid: number;
      /** The options of the pool. */
      readonly options: ResolvedPoolOptions;
  }

  /** Which tasks go first when workers are scarce. */
  type Priority = 'high' | 'normal' | 'low';
  /** Options of one task. */
  interface TaskOptions {
      /** Aborts the task: first through its own signal, then, after the pool's `killGrace`, by killing its worker. */
      signal?: AbortSignal | undefined;
      /** Milliseconds it may run, from when a worker begins it; past them it is treated as aborted. Default none. */
      timeout?: number | undefined;
      /** Default `'normal'`. */
      priority?: Priority | undefined;
      /** How often the task is tried again if its worker dies under it (0 to 255). Default 0: at most once. */
      retries?: number | undefined;
      /**
       * ArrayBuffers (or views on them) that are taken away from this process once the task has been sent, as with
       * `postMessage`. See also `move()`.
       */
      transferList?: readonly unknown[] | undefined;
      /** Called with each value the task hands to `progress()`. What it throws becomes an uncaught exception. */
      onProgress?: ((value: any) => void) | undefined;
  }
  /** Options of `pool.run()`. */
  interface RunOptions extends TaskOptions {
      /** Export to call; default is the pool's `name`. */
      name?: string | undefined;
      /** Module to call it in; default is the pool's `filename`. */
      filename?: string | URL | undefined;
  }
  /**
   * Options of `pool.runSync()`. A `signal` that has fired already counts; no other can, while its thread is blocked.
   * `timeout` limits the whole call, the time before the task begins included.
   */
  interface RunSyncOptions extends Omit<RunOptions, 'onProgress'> {
  }
  /** Options of one stream. Without `retries`: what it has yielded it would yield again. */
  interface TaskStreamOptions extends Omit<TaskOptions, 'retries'> {
      /**
       * Items that may be under way or wait for the consumer; the generator is never further ahead than that. The same
       * holds for each stream among the arguments. Default 16.
       */
      highWaterMark?: number | undefined;
  }
  /** Options of `pool.stream()`. `timeout` limits the time of the whole stream, however slow its consumer is. */
  interface StreamOptions extends TaskStreamOptions, Omit<RunOptions, 'retries'> {
  }

  /** The symbol of `await using`. */
  const asyncDispose: typeof Symbol.asyncDispose;

  /** Options of `pool.map()`. */
  interface MapOptions extends RunOptions {
      /**
       * Tasks submitted and not yet handed out, at most. Default: 4 times what the workers can run at a time, at
       * least 16.
       */
      concurrency?: number | undefined;
      /** True (default): results in the order of the items. False: as they come. */
      ordered?: boolean | undefined;
  }
  /** Results of `pool.map()`. Leaving the loop early cancels what is in flight. */
  interface TaskIterator<R> extends AsyncIterableIterator<R> {
      return(value?: unknown): Promise<IteratorResult<R>>;
      [Symbol.asyncDispose](): Promise<void>;
  }

  /** A worker in an event of the pool. */
  interface WorkerInfo {
      /** The pool's number for the worker. */
      readonly workerId: number;
      /** Its process id. */
      readonly pid: number;
  }
  /** How a worker ended. */
  interface WorkerExitInfo extends WorkerInfo {
      /** Exit code, unless it was killed by a signal. */
      readonly exitCode: number | undefined;
      /** Name of the signal that killed it. */
      readonly signal: string | undefined;
      /** True if nobody asked it to leave. */
      readonly crashed: boolean;
  }
  /** Something that works, but not as was meant: such as `spawn` where `fork` was to be. */
  interface PoolWarning {
      /** What it is about, such as `'start-method'`. */
      readonly type: string;
      readonly message: string;
  }
  /** Events of a Pool, with the arguments of their listeners. */
  interface PoolEvents {
      /** The pool can run tasks: its first worker is up or, with `minWorkers: 0`, could be started. Also the `ready` promise. */
      ready: [];
      /** The pool failed for good; every task is rejected with the same error. */
      error: [error: HatcheryError];
      workerStarted: [worker: WorkerInfo];
      workerExited: [worker: WorkerExitInfo];
      warning: [warning: PoolWarning];
      /** No task is pending any more. */
      drain: [];
      /** The pool is closed; nothing of it is left. */
      close: [];
  }

  /** One worker, as the driver sees it. */
  interface WorkerStats {
      /** The pool's number for the worker. */
      readonly id: number;
      /** Process id; 0 until it has one. */
      readonly pid: number;
      readonly state: 'created' | 'starting' | 'running' | 'stopped' | 'crashed';
      /** It waits to take the place of another one. */
      readonly spare: boolean;
      /** Tasks it has, begun or not. */
      readonly inFlight: number;
      /** Tasks it has ended. */
      readonly completed: number;
      /** How many tasks may lie ready for it. */
      readonly window: number;
  }
  /** What the driver counts; absent once the pool is closed. Counts are since creation. */
  interface DriverStats {
      readonly startMethod: Exclude<StartMethod, 'auto'>;
      /** Why it is not the one that was asked for. */
      readonly startMethodReason: string;
      /** Tasks accepted. */
      readonly submitted: number;
      /** Tasks that threw. */
      readonly failed: number;
      /** Tasks cancelled by their signal. */
      readonly cancelled: number;
      /** Tasks that ran past their deadline. */
      readonly timedOut: number;
      /** Tasks lost to the death of their worker or the end of the pool. */
      readonly lost: number;
      /** Attempts beyond the first. */
      readonly retried: number;
      /** Tasks that wait for a worker. */
      readonly queued: number;
      /** … by priority. */
      readonly queues: {
          readonly high: number;
          readonly normal: number;
          readonly low: number;
      };
      /** Tasks that wait for room in `maxSharedMemory`. */
      readonly starved: number;
      /** Tasks handed to workers. */
      readonly running: number;
      /** Pieces of memory of `pool.alloc()` that somebody holds: host, task or worker. */
      readonly segments: number;
      /** Their bytes. */
      readonly sharedMemoryUsed: number;
      /** `maxSharedMemory`. */
      readonly sharedMemoryCapacity: number;
      /** Workers ever started. */
      readonly workersStarted: number;
      /** Workers that died unasked. */
      readonly workersCrashed: number;
      /** The workers there are. */
      readonly workers: readonly WorkerStats[];
  }
  /** What `pool.stats()` returns: a snapshot. */
  interface PoolStats extends Partial<DriverStats> {
      /** Tasks submitted and not settled. */
      readonly pending: number;
      /** Tasks fulfilled. */
      readonly completed: number;
      /** Tasks rejected, for whatever reason. */
      readonly rejected: number;
  }

  /** What can be given to a task as a stream: an async iterable, such as a ReadableStream, or an iterator. */
  type StreamSource<Item = unknown> = AsyncIterable<Item> | IterableIterator<Item>;

  /** Items of `pool.stream()`. Leaving the loop early cancels the task. */
  interface ItemIterator<Item, Return = any> extends AsyncIterableIterator<Item, Return, undefined> {
      return(value?: Return | PromiseLike<Return>): Promise<IteratorResult<Item, Return>>;
      throw(reason?: unknown): Promise<IteratorResult<Item, Return>>;
      [Symbol.asyncDispose](): Promise<void>;
  }

  /** Any function. */
  type AnyFunction = (...parameters: any[]) => unknown;
  /** A promise for what `F` returns, with the promise of an async function taken off first. */
  type ResultOf<F extends AnyFunction> = Promise<Awaited<ReturnType<F>>>;
  /**
   * `F` called from afar. An async function keeps its own type, and with it its overloads and type parameters. It is
   * told by what it returns, since a generic `<T>(value: T) => T` matches every function type that one compares it with.
   */
  type Remote<F extends AnyFunction> = [ReturnType<F>] extends [Promise<unknown>] ? Arguments<F> extends Parameters<F> ? F : (...parameters: Arguments<F>) => ResultOf<F> : (...parameters: Arguments<F>) => ResultOf<F>;
  type IsAny<T> = 0 extends 1 & T ? true : false;
  /** Where a function takes an async iterable, its caller may give anything that can be sent as a stream. */
  type Argument<P> = IsAny<P> extends true ? P : P extends AsyncIterable<infer Item> ? P | StreamSource<Item> : P;
  /** The arguments of `F` as its caller may give them. */
  type Arguments<F extends AnyFunction> = EachArgument<Parameters<F>>;
  type EachArgument<List extends unknown[]> = {
      [Position in keyof List]: Argument<List[Position]>;
  };
  /** What a call returns, awaited: the stream itself for what makes streams. */
  type Returned<F extends AnyFunction> = Awaited<ReturnType<F>>;
  /** Items and return value of what can be iterated. A string is a value. */
  type Iterated<R> = IsAny<R> extends true ? ItemIterator<any> : R extends string ? never : R extends AsyncIterable<infer Item, infer Return> ? ItemIterator<Item, Return> : R extends Iterable<infer Item, infer Return> ? ItemIterator<Awaited<Item>, Return> : never;
  /** `F` called for the items of what it returns. */
  type Streamed<F extends AnyFunction> = [Iterated<Returned<F>>] extends [never] ? unknown : {
      /** Yields the items of what the function returns as they come. Nothing runs before the first `next()`. */
      stream(...parameters: Arguments<F>): Iterated<Returned<F>>;
  };
  /** True for what can only be iterated: a generator, an async iterable, a ReadableStream. */
  type IsStream<R> = IsAny<R> extends true ? false : [R] extends [never] ? false : [R] extends [AsyncIterable<unknown> | Iterator<unknown>] ? true : false;
  /** One exported generator as a task. */
  type StreamTask<F extends AnyFunction> = Streamed<F> & {
      /** The same task with options for its calls. */
      with(options: TaskStreamOptions): Streamed<F>;
  };
  /** `F` called from afar, the calling thread blocked until the result is there. */
  interface Synchronous<F extends AnyFunction> {
      /** Blocks until the result is there, as `pool.runSync()` does. */
      sync(...parameters: Parameters<F>): Awaited<ReturnType<F>>;
  }
  /** One exported function as a task. */
  type Task<F extends AnyFunction> = IsStream<Returned<F>> extends true ? StreamTask<F> : Remote<F> & Synchronous<F> & Streamed<F> & {
      /** The same task with options for its calls. */
      with(options: TaskOptions): Remote<F> & Synchronous<F> & Streamed<F>;
  };
  /**
   * The exported functions of a worker module as tasks: `pool.tasks<typeof import('./worker.js')>()`. Exports that
   * are no functions are left out.
   */
  type Tasks<Module> = {
      readonly [Name in keyof Module as Module[Name] extends AnyFunction ? Name : never]: Module[Name] extends AnyFunction ? Task<Module[Name]> : never;
  };

  /** Options of `pool.close()`. */
  interface CloseOptions {
      /** After this many milliseconds, do not wait for tasks any longer. Default: wait for all. */
      timeout?: number | undefined;
  }
  /**
   * A pool of worker processes that run the exported functions of a module.
   *
   * @typeParam T type of the tasks given to `run`
   * @typeParam R type of their results; for results by function use {@link Pool.tasks}
   *
   * @example
   * ```ts
   * await using pool = new Pool({ filename: new URL('./worker.js', import.meta.url) })
   * const result = await pool.run({ width: 200 }, { name: 'resize', timeout: 5_000 })
   * ```
   */
  class Pool<T = any, R = any> extends EventEmitter<PoolEvents> {
      #private;
      /** The options in force, defaults included. */
      readonly options: ResolvedPoolOptions;
      /**
       * Starts zygote and workers; tasks may be submitted at once.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE,
       * ERR_HATCHERY_PLATFORM_UNSUPPORTED
       */
      constructor(options?: PoolOptions);
      /**
       * Uses, in this thread, the pool that another thread of this process has made. Its own `close` and `destroy` concern
       * this thread's tasks only; when the maker's are called, or its thread ends, this pool closes too. Of the events,
       * those about workers, and warnings, come in the maker's thread only.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
       */
      static attach<T = any, R = any>(handle: PoolHandle): Pool<T, R>;
      /**
       * What {@link Pool.attach} needs in another thread; send it by `workerData` or `postMessage`.
       *
       * @throws ERR_HATCHERY_POOL_CLOSED
       */
      handle(): PoolHandle;
      /**
       * Runs one task: `task` becomes the one argument of the exported function. An async iterable, such as a
       * ReadableStream, or an iterator, such as a generator, goes to it as a stream: the function receives an async iterable,
       * and items are taken from the source as it asks for them.
       *
       * @returns what the function returns; rejects with what it throws, or with an ERR_HATCHERY_* error: INVALID_OPTION,
       * WORKER_FILE_NOT_FOUND, DATA_CLONE, POOL_CLOSED and POOL_FAILED at once, the others later
       */
      run<Result = R>(task?: T | StreamSource, options?: RunOptions): Promise<Result>;
      /**
       * Runs one task whose function is a generator, or returns something that can be iterated, and yields its items as they
       * come; the `value` of the last result is what the generator returns. The worker is never more than `highWaterMark`
       * items ahead. Nothing runs before the first `next()`. Leaving the loop early cancels the task: its generator returns,
       * so that `finally` blocks run. The task holds one place of a worker's `concurrency` until it ends.
       *
       * @returns an iterator that throws what the task throws, or an ERR_HATCHERY_* error as `run` rejects with, after the
       * items that came before
       * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND
       */
      stream<Item = any, Return = any>(task?: T | StreamSource, options?: StreamOptions): ItemIterator<Item, Return>;
      /**
       * Runs one task and blocks this thread until it has settled, also while the pool is still starting. Nothing else runs
       * in this thread meanwhile, promises of other tasks included; other threads and the workers go on.
       *
       * @returns what the function returns
       * @throws what it throws, with the caller's stack below the worker's, or what {@link Pool.run} would reject with
       */
      runSync<Result = R>(task?: T, options?: RunSyncOptions): Result;
      /**
       * The exported functions of the worker module as functions of this process, typed by the module:
       * `pool.tasks<typeof import('./worker.js')>().resize(buffer, { width: 200 })`. Each has a form that blocks, as
       * {@link Pool.runSync} does: `.resize.sync(buffer, { width: 200 })`. Generators are called by `stream`:
       * `tasks.lines.stream(path)`.
       */
      tasks<Module = Record<string, (...parameters: any[]) => Promise<any>>>(): Tasks<Module>;
      /**
       * Runs a task for every item and yields the results, in order or as they come. Items are pulled as there is
       * room, so the source may be endless. The first rejection ends the iteration and cancels the rest.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION
       */
      map<Item = T, Result = R>(items: Iterable<Item> | AsyncIterable<Item>, options?: MapOptions): TaskIterator<Result>;
      /**
       * Memory that the host shares with its workers. Passed to a task or returned by one it travels as a handle: no byte of
       * it is copied. Filled with zeros, which take up no memory until they are written over.
       *
       * @param bytes how many, at least 1
       * @throws ERR_HATCHERY_SHARED_MEMORY_FULL if `maxSharedMemory` does not allow it, ERR_HATCHERY_INVALID_OPTION,
       * ERR_HATCHERY_POOL_CLOSED
       */
      alloc(bytes: number, options?: AllocOptions): SharedBytes;
      /**
       * Takes no more tasks, waits for those there are, and ends the workers.
       *
       * @returns settles once nothing of the pool is left; never rejects but for ERR_HATCHERY_INVALID_OPTION
       */
      close(options?: CloseOptions): Promise<void>;
      /**
       * Rejects all pending tasks with ERR_HATCHERY_POOL_CLOSED and kills the workers.
       *
       * @returns settles once nothing of the pool is left; never rejects
       */
      destroy(): Promise<void>;
      /** As {@link Pool.close}. */
      [asyncDispose](): Promise<void>;
      /**
       * Fulfilled once the pool can run tasks: its first worker is up or, with `minWorkers: 0`, could be started. Rejects
       * with the error if the pool cannot start.
       */
      get ready(): Promise<void>;
      /** True from `close` or `destroy` on. */
      get closing(): boolean;
      /** True once nothing of the pool is left. */
      get closed(): boolean;
      /** Tasks that wait for a worker. */
      get queueSize(): number;
      /** Tasks submitted and not settled. */
      get pending(): number;
      /** Tasks fulfilled. */
      get completed(): number;
      /** Milliseconds since the pool was made. */
      get duration(): number;
      /** The workers there are. */
      get workers(): readonly WorkerStats[];
      /** As `workers`; piscina's name. */
      get threads(): readonly WorkerStats[];
      /** A snapshot of all figures. */
      stats(): PoolStats;
  }

  export { ERROR_CODES, HatcheryError, Pool, SharedBytes };
  export type { Affinity, AllocOptions, CloseOptions, DriverStats, HatcheryErrorCode, HatcheryErrorDetails, ItemIterator, MapOptions, PoolEvents, PoolHandle, PoolOptions, PoolStats, PoolWarning, Priority, ResolvedPoolOptions, RunOptions, RunSyncOptions, StartMethod, StdioTarget, StreamOptions, StreamSource, StreamTask, Task, TaskIterator, TaskOptions, TaskStreamOptions, Tasks, WorkerExitInfo, WorkerInfo, WorkerStats };
}

declare module 'hatchery/internal/move.d' {
  /**
   * Marks a task, or what a task returns, as moved: once it is sent, its memory is taken away from the sender, whose views
   * on it are empty then. Only for a task or argument as such, or what a task returns, yields or reports; within another value it
   * is refused, and `transferList` says the same. Between processes ordinary memory is copied all the same, but no longer held twice; memory of
   * `pool.alloc()` really moves.
   *
   * @param value an ArrayBuffer, or a view on one
   */
  function move<T extends ArrayBuffer | ArrayBufferView>(value: T): T;

  export { move as m };
}

declare module 'hatchery/piscina' {
  import { Pool, PoolOptions, RunOptions } from 'hatchery';
  import { m as move } from 'hatchery/internal/move.d';
  import 'node:events';

  /**
   * The shape of piscina, so that switching is one line: `import { Piscina } from 'hatchery/piscina'`.
   *
   * Workers are processes: what only concerns threads (`resourceLimits`, `atomics`, …) is accepted and has no effect.
   *
   * @packageDocumentation
   */

  /** Options of piscina that have no counterpart here and are ignored. */
  interface IgnoredPiscinaOptions {
      maxQueue?: number | 'auto' | undefined;
      atomics?: 'sync' | 'async' | 'disabled' | undefined;
      useAtomics?: boolean | undefined;
      resourceLimits?: object | undefined;
      argv?: readonly string[] | undefined;
      stdin?: boolean | undefined;
      trackUnmanagedFds?: boolean | undefined;
      niceIncrement?: number | undefined;
      taskQueue?: object | undefined;
      loadBalancer?: unknown;
      recordTiming?: boolean | undefined;
      workerHistogram?: boolean | undefined;
      closeTimeout?: number | undefined;
  }
  /** What `new Piscina()` takes. */
  interface PiscinaOptions extends Omit<PoolOptions, 'filename' | 'env'>, IgnoredPiscinaOptions {
      filename?: string | URL | null | undefined;
      /** `SHARE_ENV` of `node:worker_threads` means the environment of the host, as does leaving it out. */
      env?: PoolOptions['env'] | symbol;
  }
  /** What `piscina.run()` takes. */
  interface PiscinaRunOptions extends Omit<RunOptions, 'filename' | 'name' | 'signal'> {
      filename?: string | URL | null | undefined;
      name?: string | null | undefined;
      signal?: AbortSignal | null | undefined;
  }
  /** A {@link Pool} under piscina's name and with its options. */
  class Piscina<T = any, R = any> extends Pool<T, R> {
      /** Workers of this pool import `hatchery/worker` to learn where they run; the host is never one. */
      static readonly isWorkerThread = false;
      /** Marks a task or a result whose memory the sender gives up. */
      static readonly move: typeof move;
      constructor(options?: PiscinaOptions);
      run<Result = R>(task?: T, options?: PiscinaRunOptions | null): Promise<Result>;
      /** `{ force: true }` does not wait for tasks. */
      close(options?: {
          force?: boolean;
          timeout?: number;
      }): Promise<void>;
  }

  export { Piscina, Piscina as default };
  export type { IgnoredPiscinaOptions, PiscinaOptions, PiscinaRunOptions };
}

declare module 'hatchery/worker' {
  export { m as move } from 'hatchery/internal/move.d';

  /** The task that asks. Right across `await`, also where a worker runs several tasks at a time. */
  interface CurrentTask {
      /** Unique in the pool, empty outside of a task. */
      readonly id: string;
      /** 1 at the first attempt, more where `retries` allow it. */
      readonly attempt: number;
      /** The pool's number for this worker, 0 outside of one. */
      readonly workerId: number;
      /** Aborted when the caller has cancelled the task or its time is up. The worker is killed a little later. */
      readonly signal: AbortSignal;
      /**
       * Hands `value` to the caller's `onProgress`.
       *
       * @throws ERR_HATCHERY_DATA_CLONE
       */
      progress(value: unknown): void;
  }
  /** The running task. */
  const current: CurrentTask;
  /** True in a worker process; false in the zygote and in the host. */
  function isWorker(): boolean;
  /** What the pool's option `workerData` holds; undefined outside of a worker. */
  const workerData: any;
  /**
   * Registers what each forked worker has to do before its first task, such as to connect anew or to seed a random
   * generator. It is awaited. In a spawned worker, whose modules are its own, it is called too, after they are loaded.
   */
  function onFork(hook: () => unknown): void;

  export { current, isWorker, onFork, workerData };
  export type { CurrentTask };
}
