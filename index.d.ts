// The public API of Hatchery, made by `npm run api`. Do not edit: change the sources and run it again.
// Reviewed like code: a difference here is a difference that users see.

declare module 'hatchery' {
  export { A as Affinity, a as AttemptInfo, C as CurrentTask, D as DriverStats, E as ERROR_CODES, H as HatcheryError, b as HatcheryErrorCode, c as HatcheryErrorDetails, P as PoolHistogram, d as PoolStats, R as RecentTimes, e as RestartCounts, f as RestartReason, S as StartMethod, g as StatsOptions, T as TimeSummary, W as WorkerHealth, h as WorkerStats } from 'hatchery/internal/stats.d';
  export { A as AllocOptions, B as BackoffOptions, C as CgroupOptions, a as ChannelMessages, b as CloseOptions, c as CloseReport, d as ConfigureOption, e as ConfigureOptions, f as CrashInfo, H as HealthCheck, g as HealthOptions, I as ItemIterator, L as LifeCycleOptions, h as LimitOptions, i as LogLevel, j as LogMethod, k as LoggingPoolOptions, M as MapOptions, l as MetricFamily, m as MetricSample, n as MetricsOptions, O as OutputInfo, P as Pool, o as PoolDeadlineOptions, p as PoolEvents, q as PoolHandle, r as PoolHealth, s as PoolHealthOptions, t as PoolLogger, u as PoolMessage, v as PoolObserveOptions, w as PoolOptions, x as PoolSize, y as PoolWarning, z as Priority, Q as Quarantine, D as QuarantinedTask, E as QueuePolicy, F as QueuePoolOptions, R as RecoverableCode, G as RecoverableFailure, J as RecoveryByCode, K as RecoveryFunction, N as RecoveryPoolOptions, S as RecoveryStrategy, T as RecoveryTable, U as RecycleInfo, V as ReloadInfo, W as ReloadOptions, X as RerunOptions, Y as ResolvedHealthOptions, Z as ResolvedLifeCycleOptions, _ as ResolvedLimitOptions, $ as ResolvedLoggingPoolOptions, a0 as ResolvedPoolDeadlineOptions, a1 as ResolvedPoolHealthOptions, a2 as ResolvedPoolObserveOptions, a3 as ResolvedPoolOptions, a4 as ResolvedQueuePoolOptions, a5 as ResolvedRecoveryOptions, a6 as ResolvedSandboxOptions, a7 as ResolvedScaling, a8 as ResolvedScalingPoolOptions, a9 as ResolvedTracingPoolOptions, aa as RlimitOptions, ab as RssLimits, ac as RunOptions, ad as RunSyncOptions, ae as SandboxFsOptions, af as SandboxOptions, ag as SandboxPoolOptions, ah as ScaleInfo, ai as ScalingOptions, aj as ScalingPoolOptions, ak as SharedBytes, al as StdioTarget, am as StreamOptions, an as StreamSource, ao as StreamTask, ap as Task, aq as TaskIterator, ar as TaskMessage, as as TaskOptions, at as TaskRetry, au as TaskStreamOptions, av as Tasks, aw as TracingPoolOptions, ax as WorkerExitInfo, ay as WorkerHealthInfo, az as WorkerInfo, aA as WorkerReadyInfo } from 'hatchery/internal/crashes.d';
  export { m as move } from 'hatchery/internal/move.d';
  import 'node:util';
  import 'node:events';
}

declare module 'hatchery/client' {
  import { d as PoolStats, R as RecentTimes } from 'hatchery/internal/stats.d';
  export { E as ERROR_CODES, H as HatcheryError, b as HatcheryErrorCode } from 'hatchery/internal/stats.d';
  import 'node:util';

  /** An error in JSON; beside these it has the details of a {@link HatcheryError}, such as `exitCode`. */
  interface WireError {
      /** `ERR_HATCHERY_…`, or `thrown` for what a task threw. */
      readonly code: string;
      readonly message: string;
      /** Class or `name` of what was thrown. */
      readonly name?: string;
      readonly stack?: string;
      /** Its own properties. */
      readonly properties?: Readonly<Record<string, unknown>>;
      /** What was thrown, if that was no error. */
      readonly value?: unknown;
      readonly cause?: WireError;
  }

  /** What daemon and clients say to each other, in JSON; docs/guide/daemon.md has the paths. */

  /** How far a task is: the first two are on the way, the others final. */
  type TaskState = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** A task, as `GET /v1/tasks/:id` and others tell of it. */
  interface TaskInfo {
      /** Given by the client, or chosen by the daemon. */
      readonly id: string;
      /** Export that it calls. */
      readonly name: string;
      /** How far it is. */
      readonly state: TaskState;
      /** The level of the queue that it waits in. */
      readonly priority: 'high' | 'normal' | 'low';
      /** ISO 8601, as all times. */
      readonly createdAt: string;
      /** When it was settled; missing until then. */
      readonly finishedAt?: string;
      /** Of a completed task; missing if it returned nothing. */
      readonly result?: unknown;
      /** Of one that has failed or was cancelled. */
      readonly error?: WireError;
  }
  /** The answer of `GET /v1/tasks`. */
  interface TaskList {
      /** Newest first, without results. */
      readonly tasks: readonly TaskInfo[];
      /** Tasks that wait or run. */
      readonly pending: number;
      /** Tasks that have ended, and whose results are kept. */
      readonly kept: number;
  }
  /** What is in the data of a task's events, by their types. */
  interface TaskEventData {
      /** It waits, or a worker has begun it. */
      state: {
          readonly state: TaskState;
      };
      /** What it gave to `current.progress`. */
      progress: {
          readonly value: unknown;
      };
      /** What its generator has yielded. */
      item: {
          readonly value: unknown;
      };
      /** So many events before this one are not kept any more. */
      gap: {
          readonly missed: number;
      };
      /** It has returned; without `result` if it returned nothing. */
      completed: {
          readonly result?: unknown;
      };
      /** It threw, its time was up, or its worker was lost. */
      failed: {
          readonly error: WireError;
      };
      /** Somebody has cancelled it. */
      cancelled: {
          readonly error: WireError;
      };
  }
  /** The bounds of the number of workers. */
  interface SizeInfo {
      /** Kept even when idle. */
      readonly minWorkers: number;
      /** Never more than so many. */
      readonly maxWorkers: number;
  }
  /** The figures of the daemon itself. */
  interface ServiceStats {
      /** Its process id. */
      readonly pid: number;
      /** Milliseconds since it was started. */
      readonly uptime: number;
      /** It was told to take no tasks. */
      readonly quiet: boolean;
      /** It was told to end. */
      readonly stopping: boolean;
      /** Connections that are open. */
      readonly connections: number;
      /** Bytes of requests that are being read or whose tasks are pending; bounded by `max_pending_bytes`. */
      readonly pendingBytes: number;
      /** Tasks that are pending, results that are kept, and bytes of these. */
      readonly tasks: {
          readonly pending: number;
          readonly kept: number;
          readonly keptBytes: number;
      };
      /** Crashes of workers that are remembered. */
      readonly crashes: number;
      /** Workers kept even when idle. */
      readonly minWorkers: number;
      /** Workers at most. */
      readonly maxWorkers: number;
      /** Tasks that a worker runs at a time. */
      readonly concurrency: number;
      /** How long tasks waited and ran within the last minute; missing once the pool is closed. */
      readonly recent?: RecentTimes | undefined;
  }
  /** The answer of `GET /v1/stats`: the figures of `pool.stats()`, as JSON has them, and those of the daemon. */
  interface DaemonStats extends PoolStats {
      /** Those of the daemon. */
      readonly service: ServiceStats;
  }
  /** A task in quarantine. */
  interface QuarantineInfo {
      /** The quarantine's number for it, for `DELETE /v1/quarantine/:id`. */
      readonly id: number;
      /** Export that it calls. */
      readonly taskName: string;
      /** The level it was submitted with. */
      readonly priority: 'high' | 'normal' | 'low';
      /** Milliseconds it was allowed to run; missing: any. */
      readonly timeout?: number;
      /** How each ended: `workerId`, `pid`, `code`, `message` and such. */
      readonly attempts: readonly Readonly<Record<string, unknown>>[];
      /** ISO 8601. */
      readonly quarantinedAt: string;
  }
  /** The death of a worker that nobody had asked to go, and that was not killed for a task that did not stop. */
  interface CrashInfo {
      /** When it was known, ISO 8601. */
      readonly at: string;
      /** The pool's number for the worker. */
      readonly workerId: number;
      /** Its process id; 0 if it never had one. */
      readonly pid: number;
      /** Missing if it was killed by a signal, or nobody knows. */
      readonly exitCode?: number | undefined;
      /** Name of the signal that killed it. */
      readonly signal?: string | undefined;
      /** The code of the error that its tasks have got. */
      readonly code?: string | undefined;
      /** How it died, in words. */
      readonly message: string;
      /** The task to blame, as `current.id` has it there. */
      readonly taskId?: string | undefined;
      /** The export that the task called. */
      readonly taskName?: string | undefined;
      /** The end of what it wrote to its standard error. */
      readonly stderr?: string | undefined;
  }

  /** Something that has happened to a task. */
  type TaskEvent = {
      [Type in keyof TaskEventData]: {
          readonly id: number;
          readonly type: Type;
          readonly data: TaskEventData[Type];
      };
  }[keyof TaskEventData];
  /** Something that has happened to pool, workers or tasks. */
  interface DaemonEvent {
      /** Its number; that of the one before for what has none, such as `stats`. */
      readonly id: number;
      /** Such as `worker-exited`, `task-completed`, `stats`. */
      readonly type: string;
      /** What there is to tell of it, as the JSON of the event has it. */
      readonly data: any;
  }
  /** Items of a task; leaving the loop early cancels it. The `value` of the last result is what the generator returns. */
  interface ItemStream<Item, Return = any> extends AsyncIterableIterator<Item, Return, undefined> {
      /** The task's id, once it is known. */
      readonly id: Promise<string>;
  }

  /** Options of `connect()`. */
  interface ClientOptions {
      /** For TCP: what the daemon's token file holds; the end of its line does not count. */
      token?: string | undefined;
      /**
       * Connections for what lasts: each task that is waited for, each stream and each loop over events takes one. Default 64. Beside
       * them there are as many as that, but at most 8, for all other calls: what cancels a task need not wait for it.
       */
      maxConnections?: number | undefined;
  }
  /** Options of any request. */
  interface RequestOptions {
      /**
       * Gives the request up, which then rejects with the signal's reason, as `fetch` does. A task that is waited for is
       * cancelled by it, unless it is detached.
       */
      signal?: AbortSignal | undefined;
  }
  /** Options of `submit`. */
  interface SubmitOptions extends RequestOptions {
      /** Names the task; without it the daemon chooses one. */
      id?: string | undefined;
      /** Default `'normal'`. */
      priority?: 'high' | 'normal' | 'low' | undefined;
      /** How long it may run, from when a worker begins it. */
      timeout?: number | undefined;
      /** How long it may wait for a worker. */
      queueTimeout?: number | undefined;
      /** How often it is tried again if its worker dies. */
      retries?: number | undefined;
      /** … and if it throws. */
      retryErrors?: boolean | undefined;
  }
  /** Options of `run`. */
  interface RunOptions extends SubmitOptions {
      /**
       * The task goes on if this client goes away or gives up, and its result is kept for a while. Default false: then it
       * is cancelled.
       */
      detach?: boolean | undefined;
      /** Called with each value that the task hands to `progress()`. */
      onProgress?: ((value: any) => void) | undefined;
  }
  /** Options of `stream`. */
  interface StreamOptions extends Omit<RunOptions, 'retries' | 'retryErrors'> {
  }
  /** Options of `wait`. */
  interface WaitOptions extends RequestOptions {
      /** How long to wait; default for as long as it takes. */
      timeout?: number | undefined;
  }
  /** Options of `events`. */
  interface EventOptions extends RequestOptions {
      /** The last event that was had: those after it come, as far as they are kept. */
      lastEventId?: number | undefined;
  }

  type AnyFunction = (...parameters: any[]) => unknown;
  type IsAny<T> = 0 extends 1 & T ? true : false;
  /** What is made of the items that `R` yields. */
  type Streamed<R> = IsAny<R> extends true ? ItemStream<any> : R extends string ? never : R extends AsyncIterable<infer Item, infer Return> | Iterable<infer Item, infer Return> ? ItemStream<Awaited<Item>, Return> : never;
  /** The ways to call one export. */
  interface Calls<F extends AnyFunction> {
      (...parameters: Parameters<F>): Promise<Awaited<ReturnType<F>>>;
      /** Yields the items of what the function returns as they come. */
      stream(...parameters: Parameters<F>): Streamed<Awaited<ReturnType<F>>>;
  }
  /** One export of the daemon's module as a function here. */
  type RemoteTask<F extends AnyFunction> = Calls<F> & {
      /** The same with options for its calls. */
      with(options: RunOptions): Calls<F>;
  };
  /** The exports of the daemon's module as functions here: `client.tasks<typeof import('./worker.js')>()`. */
  type RemoteTasks<Module> = {
      readonly [Name in keyof Module as Module[Name] extends AnyFunction ? Name : never]: Module[Name] extends AnyFunction ? RemoteTask<Module[Name]> : never;
  };

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
  function connect(address: string | URL, options?: ClientOptions): Client;
  /**
   * A daemon as seen from another process; see {@link connect}. What the daemon refuses, and what tasks fail with, comes as the
   * errors that `pool.run` rejects with, by the same codes; ERR_HATCHERY_UNREACHABLE if there is no daemon.
   */
  class Client {
      #private;
      /**
       * Runs a task: `payload` becomes the one argument of the exported function.
       *
       * @param name undefined: the function that the pool names by default
       * @returns what the function returns; rejects with what it throws
       */
      run<Result = any>(name?: string, payload?: unknown, options?: RunOptions): Promise<Result>;
      /** Submits a task and does not wait for it. Its result is kept for a while; see {@link wait}. */
      submit(name?: string, payload?: unknown, options?: SubmitOptions): Promise<TaskInfo>;
      /**
       * The result of a task that was submitted.
       *
       * @returns what the function returned; rejects with what it threw, with ERR_HATCHERY_NOT_FOUND if the result is not kept
       * any more, or with ERR_HATCHERY_WAIT_TIMEOUT (`name`: TimeoutError) after `timeout`; then the task goes on
       */
      wait<Result = any>(id: string, options?: WaitOptions): Promise<Result>;
      /** All that is known of a task. */
      task(id: string, options?: RequestOptions): Promise<TaskInfo>;
      /** The latest tasks, newest first. */
      list(options?: {
          state?: TaskState | undefined;
          limit?: number | undefined;
      } & RequestOptions): Promise<TaskList>;
      /** Cancels a pending task; forgets the result of one that has settled. */
      cancel(id: string, reason?: string): Promise<TaskInfo>;
      /**
       * Runs a task whose function is a generator, and yields its items as they come. The worker is only a limited number of
       * items ahead. Leaving the loop early cancels the task, unless it is detached.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION
       */
      stream<Item = any, Return = any>(name?: string, payload?: unknown, options?: StreamOptions): ItemStream<Item, Return>;
      /** What happens to a task, from its submission to its end. */
      events(id: string, options?: EventOptions): AsyncIterableIterator<TaskEvent>;
      /**
       * What happens to pool, workers and tasks from now on.
       *
       * @param options `stats`: milliseconds between two events with the figures; default none
       */
      watch(options?: EventOptions & {
          stats?: number | undefined;
      }): AsyncIterableIterator<DaemonEvent>;
      /**
       * The exports of the daemon's module, typed by it: `client.tasks<typeof import('./worker.js')>().resize(file, 200)`. Arguments
       * and results are JSON on their way, beside bytes, dates, BigInts, maps and sets: of an instance of a class its own properties
       * arrive, of a regular expression its text.
       */
      tasks<Module = Record<string, (...parameters: any[]) => Promise<any>>>(): RemoteTasks<Module>;
      /** The figures of pool and daemon: as `pool.stats()`, and `service`. */
      stats(options?: RequestOptions): Promise<DaemonStats>;
      /** Sets how many workers there are; fulfilled once there are that many. */
      resize(size: number | {
          min?: number | undefined;
          max?: number | undefined;
      }): Promise<SizeInfo>;
      /** Starts the code of the workers anew; fulfilled once the last old worker has left. */
      reload(): Promise<void>;
      /** No more tasks are taken until `resume`; what there is goes on. */
      quiet(): Promise<void>;
      /** Tasks are taken again. */
      resume(): Promise<void>;
      /** As `quiet`; fulfilled once no task is pending. */
      drain(): Promise<void>;
      /** Replaces all workers, some at a time, by new ones from the same code. Returns how many. */
      recycle(): Promise<number>;
      /** Replaces one worker, when it has ended what it has begun. */
      restartWorker(workerId: number): Promise<void>;
      /** Tasks that have killed too many workers. */
      quarantine(): Promise<readonly QuarantineInfo[]>;
      /** Forgets a task that is in quarantine. */
      releaseQuarantined(id: number): Promise<void>;
      /** The latest workers that have died, with the end of what they wrote to standard error. */
      crashes(): Promise<readonly CrashInfo[]>;
      /** Closes the connections; what is waited for is given up. A later call opens one anew. */
      close(): void;
  }

  export { Client, connect };
  export type { ClientOptions, CrashInfo, DaemonEvent, DaemonStats, EventOptions, ItemStream, QuarantineInfo, RemoteTask, RemoteTasks, RequestOptions, RunOptions, ServiceStats, SizeInfo, StreamOptions, SubmitOptions, TaskEvent, TaskEventData, TaskInfo, TaskList, TaskState, WaitOptions };
}

declare module 'hatchery/config' {
  import { H as HatcheryError } from 'hatchery/internal/stats.d';
  export { a as AttemptInfo, b as HatcheryErrorCode, c as HatcheryErrorDetails } from 'hatchery/internal/stats.d';
  import { w as PoolOptions, P as Pool } from 'hatchery/internal/crashes.d';
  import 'node:util';
  import 'node:events';

  /** What is wrong with a configuration, and the error that tells of all of it. */

  /** One thing that is wrong. */
  interface ConfigProblem {
      /** Where in the configuration, such as `pool.max_workers` or `pool.preload[1]`; empty: all of it. */
      readonly path: string;
      /** What is wrong, what was expected and what was found. */
      readonly message: string;
      /** What must be there, where that can be said. */
      readonly expected?: string | undefined;
      /** What is there instead; left out where nothing is. */
      readonly found?: unknown;
      /** Where it stands. */
      readonly source: ValueSource;
  }
  /** Where a value comes from. */
  type ValueSource = {
      readonly kind: 'file';
      readonly file: string;
      readonly line: number;
      readonly column: number;
  } | {
      readonly kind: 'environment';
      readonly variable: string; /** What was given in its place. */
      readonly flag?: string;
  } | {
      readonly kind: 'default';
  };
  /** A {@link HatcheryError} with the code ERR_HATCHERY_INVALID_CONFIG. */
  interface ConfigError extends HatcheryError {
      readonly code: 'ERR_HATCHERY_INVALID_CONFIG';
      /** Everything that is wrong, in the order of the file; then what the environment has got wrong. */
      readonly problems: readonly ConfigProblem[];
  }
  /** `pool.json:3:18`, or the name of the variable. */
  function showSource(source: ValueSource): string;

  /**
   * How a change comes into force: at once (`live`); by replacing the workers one by one (`reload`); with the next start of
   * the program (`restart`).
   */
  type Apply = 'live' | 'reload' | 'restart';

  /** The section `logging`. */
  interface LoggingConfig {
      /** Least important messages that are written. Default `'info'`. */
      readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
      /** Absolute path; undefined: standard output. */
      readonly file: string | undefined;
      /** Bytes at which the file is put aside. Default 10 MiB. */
      readonly maxSize: number;
      /** Full files that are kept beside the one that is written. Default 5. */
      readonly maxFiles: number;
  }
  /** The section `monitoring`. */
  interface MonitoringConfig {
      /** Default `'127.0.0.1'`. */
      readonly host: string;
      /** Default 9090; undefined: none. */
      readonly metricsPort: number | undefined;
      /** Default 8080; undefined: none. */
      readonly healthCheckPort: number | undefined;
      /** Default false. */
      readonly enableTracing: boolean;
  }
  /** The section `service`. Times are milliseconds, sizes bytes. */
  interface ServiceConfig {
      /** Absolute path of the Unix socket; undefined: not named. */
      readonly socket: string | undefined;
      /** Its permissions. Default `0o600`. */
      readonly socketMode: number;
      /** `user`, `user:group` or `:group` of the socket; undefined: whoever runs the daemon. */
      readonly socketOwner: string | undefined;
      /** Address for HTTP over TCP. Default `'127.0.0.1'`. */
      readonly host: string;
      /** Port for TCP; 0: any that is free; undefined: no TCP. */
      readonly port: number | undefined;
      /** Absolute path of the file with the token that clients on TCP have to show. */
      readonly tokenFile: string | undefined;
      /** Whether TCP on the loopback address is served without a token. Default false. */
      readonly allowAnonymous: boolean;
      /** Host names, beside those of the loopback address, by which requests on it may come. Default: none. */
      readonly allowedHosts: readonly string[];
      /** Most bytes of a request. Default 16 MiB. */
      readonly maxBodySize: number;
      /** Most bytes of all requests that are being read or whose tasks are pending. Default 256 MiB. */
      readonly maxPendingBytes: number;
      /** Connections at a time. Default 1000. */
      readonly maxConnections: number;
      /** Tasks pending at a time. Default 10 000. */
      readonly maxInFlight: number;
      /** Until a request's headers have come. Default 10 s. */
      readonly headersTimeout: number;
      /** Until all of a request has come. Default 60 s. */
      readonly requestTimeout: number;
      /** How long an idle connection stays open. Default 30 s. */
      readonly keepAliveTimeout: number;
      /** How long results are kept that nobody has waited for. Default 5 minutes. */
      readonly resultTtl: number;
      /** How many of those are kept. Default 1000. */
      readonly maxResults: number;
      /** How many bytes of those are kept. Default 64 MiB. */
      readonly maxResultBytes: number;
      /** Whether the dashboard is served. Default false. */
      readonly ui: boolean;
  }
  /** One setting, whether it was set or not. */
  interface ConfigEntry {
      /** Such as `pool.max_workers`. */
      readonly path: string;
      /** What it comes to: times in milliseconds, sizes in bytes; undefined: not set, and the default is not one value. */
      readonly value: unknown;
      /** Where the value is from: file and line, a variable, or the defaults. */
      readonly source: ValueSource;
      /** How a change comes into force while the program runs. */
      readonly apply: Apply;
      /** Why it does not come into force at once. */
      readonly why: string | undefined;
  }
  /** A configuration that has been found good. Frozen. */
  interface Config {
      /** The pool's name (`pool.name`). */
      readonly name: string;
      /** For `new Pool()`. What was not set is left out. */
      readonly pool: PoolOptions;
      /** What is logged, and where. */
      readonly logging: LoggingConfig;
      /** Where metrics and health are served, and whether tasks are traced. */
      readonly monitoring: MonitoringConfig;
      /** Where the daemon listens, and what it accepts. */
      readonly service: ServiceConfig;
      /** Absolute path of the file; undefined: there was none. */
      readonly file: string | undefined;
      /** Every setting there is, in the order of the documentation. */
      readonly entries: readonly ConfigEntry[];
  }

  /** A setting that is not as it was. */
  interface ConfigChange {
      /** Such as `pool.max_workers`. */
      readonly path: string;
      /** Values as in {@link ConfigEntry}. */
      readonly from: unknown;
      /** What the setting is to be from now on. */
      readonly to: unknown;
      /** How it comes into force: at once, by replacing the workers, or with the next start of the program. */
      readonly apply: Apply;
      /** Why it does not come into force at once. */
      readonly why: string | undefined;
  }
  /** What is different, in the order of the documentation. */
  function diffConfig(before: Config, after: Config): ConfigChange[];

  /**
   * Who takes over what changes outside the pool, by section. A section that nobody takes over needs a restart. Called only
   * when something has changed that can change while the program runs, after the pool has taken over its part.
   */
  interface ConfigHandlers {
      /** Takes over another level of the log, another file, or other bounds of it. */
      readonly logging?: ((logging: LoggingConfig) => void | Promise<void>) | undefined;
      /** Takes over what may change of metrics, health and tracing; at present all of it needs a restart. */
      readonly monitoring?: ((monitoring: MonitoringConfig) => void | Promise<void>) | undefined;
      /** Takes over the limits of the daemon, such as `maxInFlight`, the permissions of its socket, and `ui`. */
      readonly service?: ((service: ServiceConfig) => void | Promise<void>) | undefined;
  }
  /** What has become of a change of the configuration. */
  interface ConfigReport {
      /** In force. A smaller pool is in force once the workers that are too many have ended their tasks. */
      readonly applied: readonly ConfigChange[];
      /** In force after a restart of the program, and as before until then. */
      readonly restart: readonly ConfigChange[];
  }
  /**
   * Brings all of a changed configuration into force that can be while the pool runs.
   *
   * @param before what is in force
   * @returns settles once the workers have been replaced, if they have to be, after a `pool.reload()` that is under way; rejects, and everything is as before, with what
   * `pool.reload` or a handler of `handlers` rejects with
   */
  function applyConfig(pool: Pool, before: Config, after: Config, handlers?: ConfigHandlers): Promise<ConfigReport>;

  /** The variable by which a value can be overridden. */
  function variableFor(path: string): string | undefined;

  /** Options of {@link loadConfig}. */
  interface LoadOptions {
      /** Environment with the variables that override the file. Default: that of this process; `{}`: none. */
      readonly env?: Readonly<Record<string, string | undefined>> | undefined;
      /** What messages call variables that nobody has set: by their names, say, the flags of a command line. */
      readonly names?: ReadonlyMap<string, string> | undefined;
      /** Whether to refuse a log file that this process could not write to. Default false: who reads it may not be who runs it. */
      readonly checkFiles?: boolean | undefined;
  }
  /**
   * Reads a configuration: the file's values, in their place those of the environment, and defaults for what neither says.
   *
   * @param path of the file; undefined: there is none
   * @throws ERR_HATCHERY_INVALID_CONFIG with all `problems`; see {@link ConfigError}; ERR_HATCHERY_INVALID_OPTION
   */
  function loadConfig(path: string | undefined, options?: LoadOptions): Config;

  /** Options of {@link LiveConfig}. */
  interface LiveConfigOptions extends LoadOptions {
      /** Who takes over what changes outside the pool. */
      readonly handlers?: ConfigHandlers | undefined;
      /** Options that the pool was made with besides, and that hold where the configuration says nothing. */
      readonly defaults?: PoolOptions | undefined;
      /** Looks at a configuration that was read anew, before anything changes; what it throws refuses it. */
      readonly check?: ((config: Config) => void | Promise<void>) | undefined;
  }
  /**
   * The configuration of a pool that runs, which can be read anew.
   *
   * @example
   * ```ts
   * const config = loadConfig('pool.json')
   * const pool = new Pool(config.pool)
   * const live = new LiveConfig(pool, config)
   * process.on('SIGHUP', () => live.reload().then(console.log, console.error))
   * ```
   */
  class LiveConfig {
      #private;
      /** @throws ERR_HATCHERY_INVALID_OPTION */
      constructor(pool: Pool, config: Config, options?: LiveConfigOptions);
      /** What is in force. What waits for a restart is as it was. */
      get current(): Config;
      /**
       * Reads the file anew and brings into force what has changed. One that is asked for while another is under way comes after
       * it.
       *
       * @returns what has changed, and what needs a restart; rejects, and everything is as before, with
       * ERR_HATCHERY_INVALID_CONFIG, what `check` throws, or what {@link applyConfig} rejects with
       */
      reload(): Promise<ConfigReport>;
  }

  /**
   * The JSON Schema. Other spellings of a key are there as patterns: so they are accepted, and an editor that completes keys
   * offers one spelling alone.
   */
  function publish(): object;

  export { LiveConfig, applyConfig, publish as configSchema, diffConfig, loadConfig, showSource, variableFor };
  export type { Apply, Config, ConfigChange, ConfigEntry, ConfigError, ConfigHandlers, ConfigProblem, ConfigReport, LiveConfigOptions, LoadOptions, LoggingConfig, MonitoringConfig, ServiceConfig, ValueSource };
}

declare module 'hatchery/internal/crashes.d' {
  import { EventEmitter } from 'node:events';
  import { N as NativePoolOptions, b as HatcheryErrorCode, S as StartMethod, A as Affinity, a as AttemptInfo, h as WorkerStats, P as PoolHistogram, g as StatsOptions, d as PoolStats, H as HatcheryError, W as WorkerHealth } from 'hatchery/internal/stats.d';

  /** The contract between the facade and crates/node; ARCHITECTURE.md, "Staging and events", has the layouts. */

  /** Receives one batch of event records. `large` holds the payloads too large for the events buffer. */
  type OnEvents = (buffer: 0 | 1, length: number, large: Uint8Array[] | undefined) => void;
  /** The native half of one pool, or of one thread's part in it. */
  interface NativePool {
      /** Append records, then flush them. */
      readonly staging: ArrayBuffer;
      readonly events: [ArrayBuffer, ArrayBuffer];
      /** Argument and answer of synchronous calls: see {@link NativePool.runSync}. Made when it is first asked for. */
      readonly exchange: ArrayBuffer;
      /** The level from which on the core tells of its life, if it was made to. */
      setLogLevel(level: string | undefined): void;
      /** Starts zygote and workers, or follows those that there are. */
      start(onEvents: OnEvents): void;
      /**
       * The number of a function, the same in all threads that use the pool.
       *
       * @param definition JSON `{"filename"?: file URL href, "name": string, "spread"?: true}`; without `filename`, of the
       * module in the configuration of the worker
       */
      define(definition: string): number;
      /** What submits so many bytes of `staging`. A function costs a fraction of a method here. */
      makeFlush(): (length: number) => void;
      /** `queueTimeout` here and below: milliseconds, 0 = that of the pool, 0xffffffff = none. */
      submitLarge(ticket: number, functionId: number, options: number, timeout: number, queueTimeout: number, payload: Uint8Array): void;
      /** A payload that is a tag (two bytes: the second one above the first) and bytes. */
      submitBytes(ticket: number, functionId: number, options: number, timeout: number, queueTimeout: number, tag: number, payload: Uint8Array): void;
      /** A segment: its number, and all of it. `sealed`: workers cannot write to it. */
      alloc(length: number, sealed: boolean): [number: number, buffer: ArrayBuffer];
      /** A mapping's buffer has been detached, or collected: it does not count any more, though it may take a while to go. */
      releaseSegment(number: number): void;
      /** Whether a task with a payload of so many bytes can go to its worker without waiting for memory. */
      hasRoom(length: number): boolean;
      /** Keeps a segment for a task that waits in this process. */
      holdSegment(number: number): void;
      /** Takes that back. */
      letGoOfSegment(number: number): void;
      /** Maps a segment anew; to be called only while a result that mentions it is decoded. */
      mapSegment(number: number): ArrayBuffer;
      /**
       * Submits a task whose argument is at the beginning of `exchange`, and blocks until it is answered: the kind of event
       * record (with mentions) that the answer would be, with length, whether it lies apart, and payload in `exchange`. 0 after a while
       * without an answer: then call `wait`, which is the same but submits nothing, and takes a limit in milliseconds (0: none). (V8 can end a thread only between them.)
       */
      runSync(functionId: number, options: number, timeout: number, queueTimeout: number, length: number): number;
      runSyncLarge(functionId: number, options: number, timeout: number, queueTimeout: number, argument: Uint8Array): number;
      wait(limit: number): number;
      /** Cancels the task that is waited for; its answer comes by `wait`. */
      giveUp(): void;
      /** The payload of an answer that lies apart. */
      takeAnswer(): Uint8Array;
      /** After an answer has been decoded that mentions segments. */
      releaseAnswer(): void;
      /** The number by which other threads attach to this pool. */
      handle(): number;
      /** As `submitLarge`, for a task that has streams and may send `credit` items before it is given more. */
      submitStream(ticket: number, functionId: number, options: number, timeout: number, queueTimeout: number, credit: number, payload: Uint8Array): void;
      /** Lets a task send `count` items more. */
      credit(ticket: number, count: number): void;
      /**
       * Sends a part (0 item, 1 end, 2 failure) of a stream that a task was given, with the number of segments that it
       * mentions. False: it waits for room; send no more of this input before the event that tells that it is on its way.
       */
      forward(ticket: number, input: number, part: number, payload: Uint8Array, mentions: number): boolean;
      /** Answers an event of kind 9. An answer that comes too late is none. */
      decide(question: number, strategy: string): void;
      /** Whether pool events tell which workers become busy and idle (`worker-busy`, `worker-idle`), from now on. */
      observeWorkers(wanted: boolean): void;
      /** The tasks in quarantine, JSON. */
      quarantine(): string;
      /** The payload of one of them, mentions included; null if it is gone or was not kept. */
      quarantinedPayload(id: number): Uint8Array | null | undefined;
      /** Removes one, or all. */
      removeQuarantined(id: number | undefined): boolean;
      /**
       * True: the task will settle as ERR_HATCHERY_TASK_CANCELLED, exactly once, and not from within this call. `reason` is
       * what its own signal is aborted with, encoded as a thrown value; without it the worker chooses.
       */
      cancel(ticket: number, reason?: Uint8Array): boolean;
      /** Whether a worker has begun an addressed task; false: it waits, or has settled. */
      hasBegun(ticket: number): boolean;
      /** Other bounds for the number of workers. The pool event `{"type":"resized","number":…}` names the number returned. */
      resize(minWorkers: number, maxWorkers: number): number;
      /**
       * Hands a pool event (JSON with a `type`) to the other threads of the pool, and the last one of each topic to those that
       * attach later.
       */
      notifyOthers(topic: string, notice: string): void;
      /**
       * Replaces zygote and workers by such as these options describe: `reloaded` or `reload-failed` is told in the end. Only
       * what concerns their start is read. Throws ERR_HATCHERY_RELOAD_IN_PROGRESS.
       */
      reload(options: NativePoolOptions): void;
      /** Has a worker replaced as if it had come to a limit, or all of them; how many that will be. */
      recycle(worker: number | undefined): number;
      /**
       * From now on tells the service manager at this socket that all is well, twice within so many microseconds, as long as
       * the driver turns and this thread's event loop goes round.
       */
      watch(socket: string, microseconds: number): void;
      /** Takes over those of these options that can change while the pool runs; the others are not looked at. */
      configure(options: NativePoolOptions): void;
      /**
       * Ends when all tasks have settled: the pool, or in a thread that has attached to it, that thread's part. The pool event
       * `{"type":"closed"}` comes last.
       */
      close(): void;
      /** As `close`, but now. */
      destroy(): void;
      /** What says whether the pool keeps the event loop alive; at the start it does not. */
      makeKeepAlive(): (alive: boolean) => void;
      /**
       * The driver's figures, as JSON, its last ones once it is gone; `null` before the start.
       *
       * @param detail 0: what the pool knows; 1: and what the kernel knows of the workers at once; 2: and what takes it long
       */
      stats(detail: 0 | 1 | 2): string;
      /** Tasks in the queues. */
      queued(): number;
      /** How long tasks waited and ran, as JSON; `null` before the start. */
      times(): string;
      /** JSON: the same of the last minute, with the `window` in milliseconds; `null` before the start and after the end. */
      recentTimes(): string;
      /** Has a histogram begin anew. */
      resetTimes(which: 'wait' | 'run'): void;
      /**
       * Metrics in Prometheus's text format, or as JSON (`null` for infinity); empty without a driver.
       *
       * @param labels names and values by turns
       * @param unseen tasks that the driver does not know of; `queued`: high, normal, low
       */
      metrics(labels: string[], unseen: {
          cancelled: number;
          timedOut: number;
          queued: number[];
      }, json: boolean): string;
      /** Turns the driver; false: there is none. */
      probe(): boolean;
  }

  /** The segments of one pool that this process can reach, by number and by buffer. */
  class SegmentTable {
      #private;
      /**
       * @param map maps a segment that this process does not have mapped, or not any more
       * @param release tells that a mapping is of no use any more, in case native code has not heard of it
       */
      constructor(map: (number: number) => ArrayBuffer, release: (number: number) => void);
      /** True while this process has never had a segment, or has none any more. */
      get isEmpty(): boolean;
      /** Takes up a mapping. */
      add(number: number, buffer: ArrayBuffer): void;
      /** The number of the segment behind a buffer; undefined if it is none of this pool's. */
      numberOf(buffer: ArrayBufferLike): number | undefined;
      /** The mapping of a segment: the one there is, or a new one. */
      bufferOf(number: number): ArrayBuffer;
      /**
       * Lets go of all that has been collected, of which native code hears by itself only as the event loop goes round.
       *
       * @param isWanted whether a segment is about to be mapped again: it is not let go of in between
       */
      releaseCollected(isWanted?: (number: number) => boolean): void;
  }

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

  /** Options of `pool.close()`. */
  interface CloseOptions {
      /** After this many milliseconds, do not wait for tasks any longer. Default: `closeTimeout` of the pool. */
      timeout?: number | undefined;
      /**
       * A stream that nobody has read from for this long while the pool closes is cancelled: its task could never end, and the
       * pool would wait for ever. Milliseconds (a fortieth more may pass), default 10 000; Infinity waits.
       */
      streamTimeout?: number | undefined;
  }
  /** How a pool has ended. */
  interface CloseReport {
      /**
       * Tasks of this thread that were pending and not waited for any longer; they were rejected with ERR_HATCHERY_POOL_CLOSED,
       * and so were those of other threads that use the pool, which are not counted here.
       */
      readonly cancelled: number;
  }

  /** Options of a pool about the time of its tasks. */
  interface PoolDeadlineOptions {
      /** Default of the task option `timeout`, in milliseconds; for streams as well. Default `Infinity`. */
      taskTimeout?: number | undefined;
      /**
       * Milliseconds that a task may wait until a worker begins it; past them it is rejected with ERR_HATCHERY_QUEUE_TIMEOUT
       * and never runs. A task's own `queueTimeout` counts instead. Default `Infinity`.
       */
      queueTimeout?: number | undefined;
  }
  /** {@link PoolDeadlineOptions} after all defaults. */
  interface ResolvedPoolDeadlineOptions {
      /** Milliseconds; 0 = any. */
      readonly taskTimeout: number;
      /** Milliseconds; 0 = any. */
      readonly queueTimeout: number;
  }

  /** Options of `health`. Times are milliseconds; `Infinity` is a time that never comes. */
  interface HealthOptions {
      /** Between two looks at the workers that have tasks; a pool without tasks is not looked at. Default 1000. */
      interval?: number | undefined;
      /**
       * How long a worker may be stopped (SIGSTOP) before it is killed; its tasks are rejected with
       * ERR_HATCHERY_WORKER_UNRESPONSIVE, or tried again. One that a debugger holds is left alone. Default 10 000.
       */
      stoppedTimeout?: number | undefined;
      /**
       * How long a worker that is in no task may fail to take up those it is given before it is killed. They go to other
       * workers at once, so none is lost. Default 30 000.
       */
      unresponsiveTimeout?: number | undefined;
      /**
       * How long a task may keep its worker's event loop from turning without computing anything, as when it waits for a lock
       * or in `execSync`, before the worker is killed. Default `Infinity`: a task may wait as it likes, and is limited by its
       * own `timeout`.
       */
      blockedTimeout?: number | undefined;
  }
  /** Options of a pool about the health of its workers. */
  interface PoolHealthOptions {
      /** When workers are looked at and what is too long; `false`: they are not looked at. */
      health?: HealthOptions | false | undefined;
  }
  /** {@link HealthOptions} after all defaults. Milliseconds; 0 = never. */
  interface ResolvedHealthOptions {
      readonly interval: number;
      readonly stoppedTimeout: number;
      readonly unresponsiveTimeout: number;
      readonly blockedTimeout: number;
  }
  /** {@link PoolHealthOptions} after all defaults. */
  interface ResolvedPoolHealthOptions {
      readonly health: ResolvedHealthOptions | false;
  }

  /** Options that concern the end of a pool. */
  interface LifeCycleOptions {
      /**
       * Signals to this process that close the pool: `true` for SIGTERM and SIGINT, or a list. When all pools that heed the
       * signal are closed and nobody else listens to it, the process ends by it; a second signal does not wait for tasks. Only
       * in the main thread. Default false.
       */
      handleSignals?: boolean | readonly NodeJS.Signals[] | undefined;
      /**
       * How long `close()` waits for tasks if it is not told, in milliseconds. Default Infinity; if a signal closes the pool,
       * 30 000.
       */
      closeTimeout?: number | undefined;
  }
  /** {@link LifeCycleOptions} after all defaults. */
  interface ResolvedLifeCycleOptions {
      /** Empty: none. */
      readonly handleSignals: readonly NodeJS.Signals[];
      /** Infinity: for ever. */
      readonly closeTimeout: number;
      /** The same, for a pool that a signal closes. */
      readonly signalCloseTimeout: number;
  }

  /** Memory of a worker, bytes, not counting what it shares with others. */
  interface RssLimits {
      /** Above it, another worker takes its place as soon as it runs nothing. Default: as `hard`. */
      readonly soft?: number | undefined;
      /** Above it, the worker is killed at once, and what it runs rejects with ERR_HATCHERY_WORKER_OUT_OF_MEMORY. */
      readonly hard?: number | undefined;
  }
  /** Limits that the kernel keeps for each worker; workers cannot raise them. Default: those of the host. */
  interface RlimitOptions {
      /** Descriptors (RLIMIT_NOFILE), at least 64: beyond them opening fails with EMFILE. */
      readonly files?: number | undefined;
      /** Seconds of processor time in a worker's life (RLIMIT_CPU): then SIGXCPU ends it. */
      readonly cpu?: number | undefined;
      /** Bytes of a core dump (RLIMIT_CORE); 0: none is written. */
      readonly core?: number | undefined;
      /**
       * Bytes of a file (RLIMIT_FSIZE): writing beyond them fails with EFBIG. Results of more than a megabyte travel in a file
       * in memory, for which it holds too.
       */
      readonly fileSize?: number | undefined;
  }
  /** A control group (cgroup v2) for each worker. Without limits the use of each is counted, no more. */
  interface CgroupOptions {
      /** The delegated group below which they are made; `'auto'` (default): the nearest, from the host's own up, that allows it. */
      readonly path?: string | undefined;
      /** memory.max, bytes: the kernel kills the worker, and no other; ERR_HATCHERY_WORKER_OUT_OF_MEMORY. */
      readonly memoryMax?: number | undefined;
      /** memory.high, bytes: above them the worker is slowed down. */
      readonly memoryHigh?: number | undefined;
      /** cpu.max, in processors: 0.5 is half of one. */
      readonly cpuMax?: number | undefined;
      /** pids.max: processes and threads, the worker's own (about a dozen) included. */
      readonly pidsMax?: number | undefined;
  }
  /** What each worker may use, and how long it is kept. Bytes, and milliseconds; `Infinity` is no limit. */
  interface LimitOptions {
      /**
       * Tasks a worker is given at most; then another one takes its place, which is ready before it goes. Workers are replaced
       * within the last tenth, each at another point, so that they do not all go at once. Default: no limit.
       */
      maxTasks?: number | undefined;
      /** Age at which another worker takes its place, once its tasks have ended; spread as `maxTasks` is. Default: no limit. */
      maxAge?: number | undefined;
      /** Memory of a worker: a number is `{ soft }`. Default: no limit. */
      maxRss?: number | RssLimits | undefined;
      /**
       * JavaScript heap of zygote and workers (V8's old space), at least 16 MiB. A worker that needs more dies, and what it
       * runs rejects with ERR_HATCHERY_WORKER_OUT_OF_MEMORY. Default: what V8 makes of the memory there is.
       */
      maxHeap?: number | undefined;
      /** Limits that the kernel keeps. */
      rlimits?: RlimitOptions | undefined;
      /** Nice value of the workers, from -20 to 19; below the host's own only with the privilege. Default: the host's. */
      nice?: number | undefined;
      /**
       * Whom the kernel kills when memory runs out: `oom_score_adj` of the workers, from -1000 (never) to 1000. Default: the
       * host's own plus 100, so that it is a worker and not the host.
       */
      oomScoreAdj?: number | undefined;
      /** A control group for each worker. */
      cgroup?: CgroupOptions | undefined;
  }
  /** {@link LimitOptions} after all defaults; `Infinity` or `undefined`: no limit. */
  interface ResolvedLimitOptions {
      readonly maxTasks: number;
      readonly maxAge: number;
      readonly maxRss: {
          readonly soft: number;
          readonly hard: number;
      };
      readonly maxHeap: number;
      readonly rlimits: RlimitOptions;
      readonly nice: number | undefined;
      readonly oomScoreAdj: number | undefined;
      readonly cgroup: (CgroupOptions & {
          readonly path: string;
      }) | undefined;
  }

  /** Names of levels, from the least to the most important. */
  const LOG_LEVELS: readonly ["trace", "debug", "info", "warn", "error", "fatal"];
  /** A level of the log. */
  type LogLevel = (typeof LOG_LEVELS)[number];
  /** Writes one entry: its fields, and what it says. */
  type LogMethod = (fields: object, message: string) => void;
  /**
   * What a pool can log to: a pino logger, or anything with its shape. `console` will do. A missing `trace` is `debug`, and a
   * missing `fatal` is `error`.
   */
  interface PoolLogger {
      /** What is less important is not even asked for. Looked at whenever something happens. Default `'info'`. */
      readonly level?: string | undefined;
      /** What is of use in a search for a fault of the pool itself. */
      readonly trace?: LogMethod | undefined;
      /** Steps on the way: a worker is asked for, exists, is told to leave. */
      readonly debug: LogMethod;
      /** Start and close, workers that come and go, scaling; lines of standard output. */
      readonly info: LogMethod;
      /** What the pool copes with: a killed worker, a further attempt, a strategy; lines of standard error. */
      readonly warn: LogMethod;
      /** A worker has crashed, a task is in quarantine, a reload has failed. */
      readonly error: LogMethod;
      /** The pool has failed. */
      readonly fatal?: LogMethod | undefined;
  }
  /** Options about what a pool tells of itself. */
  interface LoggingPoolOptions {
      /** Where the pool logs its life, and what its workers print if it is read (`stdio: 'pipe'`). Default: nowhere. */
      logger?: PoolLogger | undefined;
  }
  /** {@link LoggingPoolOptions} after all defaults. */
  interface ResolvedLoggingPoolOptions {
      readonly logger: PoolLogger | undefined;
  }

  /** Options of a pool about what it knows of itself. */
  interface PoolObserveOptions {
      /**
       * Whether it is recorded how long tasks wait and run: `stats().waitTime` and `runTime`, `histogram`, `utilization`. Default
       * true; it costs less than 3 % of the throughput of the shortest tasks.
       */
      recordTiming?: boolean | undefined;
  }
  /** {@link PoolObserveOptions} after all defaults. */
  interface ResolvedPoolObserveOptions {
      readonly recordTiming: boolean;
  }

  /**
   * What becomes of a task that is one too many: it is rejected; or it waits in this process until another one has settled;
   * or the task that has waited longest of the lowest priority is rejected in its place.
   */
  type QueuePolicy = 'reject' | 'wait' | 'drop-oldest';
  /** The options of a pool about tasks that wait. */
  interface QueuePoolOptions {
      /**
       * Tasks that may wait, beyond those that all workers could run at once (`maxWorkers` times `concurrency`). `'auto'`: the
       * square of `maxWorkers`. Default `Infinity`. What it comes to at first holds also after `pool.resize()`, as do the marks.
       */
      maxQueue?: number | 'auto' | undefined;
      /**
       * What becomes of a task beyond `maxQueue`. `'reject'` (default): ERR_HATCHERY_QUEUE_FULL. `'wait'`: it is kept by this
       * thread and handed over, by priority, when there is room. `'drop-oldest'`: the oldest of the lowest priority that waits
       * rejects with ERR_HATCHERY_QUEUE_DROPPED, unless all that wait are of a higher priority than the new one: then
       * that is rejected.
       */
      queuePolicy?: QueuePolicy | undefined;
      /**
       * So many tasks of this thread wait when `pool.needsDrain` becomes true. Default `maxQueue`, or 1000 for each of
       * `maxWorkers` if there is no limit.
       */
      queueHighWaterMark?: number | undefined;
      /**
       * Once fewer wait than that, `pool.needsDrain` is false again, and `'drain'` is emitted. Default half of
       * `queueHighWaterMark`.
       */
      queueLowWaterMark?: number | undefined;
      /**
       * How long tasks may be passed over by those of higher priority, in milliseconds, before every seventeenth place is
       * given to one of them. Default 1000; `Infinity`: for ever.
       */
      ageing?: number | undefined;
  }
  /** {@link QueuePoolOptions} after all defaults. */
  interface ResolvedQueuePoolOptions {
      /** `Infinity`: no limit. */
      readonly maxQueue: number;
      readonly queuePolicy: QueuePolicy;
      readonly queueHighWaterMark: number;
      readonly queueLowWaterMark: number;
      /** `Infinity`: priorities are strict. */
      readonly ageing: number;
  }

  /**
   * What is done about a failure; each includes those before it, but for `'ignore'`.
   *
   * - `'ignore'`: the task is rejected, retries or not. A worker that died is replaced, and its death does not count
   *   towards `maxRestarts`.
   * - `'retry'`: the task is run again while it has `retries` left.
   * - `'restart-worker'`: and the worker it ran in gets no more tasks, and is replaced when it has ended those it has.
   * - `'restart-pool'`: and so are all other workers.
   * - `'shutdown'`: the pool fails, and every pending task is rejected with the reason.
   */
  type RecoveryStrategy = 'ignore' | 'retry' | 'restart-worker' | 'restart-pool' | 'shutdown';
  /** Pauses that grow. Times are milliseconds. */
  interface BackoffOptions {
      /** Before the first further try; 0: no pauses. */
      readonly initial?: number | undefined;
      /** What each pause is longer by than the one before. */
      readonly factor?: number | undefined;
      /** Longest pause. */
      readonly max?: number | undefined;
      /** Part of each pause that is left to chance, from 0 to 1. */
      readonly jitter?: number | undefined;
  }
  /** {@link BackoffOptions} after all defaults. */
  type ResolvedBackoff = {
      readonly [Key in keyof BackoffOptions]-?: number;
  };
  /** A failure on which a function has the last word. */
  interface RecoverableFailure {
      /** Which kind: `'thrown'` for what a task has thrown, else the code of the error. */
      readonly code: 'thrown' | HatcheryErrorCode;
      /** What the task will be rejected with unless it is run again; without a task, what happened to the worker or pool. */
      readonly error: unknown;
      /** Export that was called; undefined if a worker died without a task, or the pool is about to give up. */
      readonly taskName: string | undefined;
      /** Which attempt failed; 1 is the first, 0: no task. */
      readonly attempt: number;
      /** Attempts that may still be made. */
      readonly retriesLeft: number;
      /** Workers that have died under the task. */
      readonly crashes: number;
      /** The pool's number for the worker. */
      readonly workerId: number | undefined;
      /** What is done if the function returns nothing. */
      readonly strategy: RecoveryStrategy;
  }
  /** Has the last word on a failure; undefined leaves it to the table. Must answer at once: a promise is no answer. */
  type RecoveryFunction = (failure: RecoverableFailure) => RecoveryStrategy | undefined;
  /** Strategies for the codes that something can be done about. */
  type RecoveryByCode = {
      readonly [Code in RecoverableCode]?: RecoveryStrategy | undefined;
  };
  /** The codes that a {@link RecoveryTable} may name. */
  type RecoverableCode = 'ERR_HATCHERY_WORKER_UNRESPONSIVE' | 'ERR_HATCHERY_WORKER_EXITED' | 'ERR_HATCHERY_WORKER_SIGNALLED' | 'ERR_HATCHERY_WORKER_ENDED' | 'ERR_HATCHERY_WORKER_ABORTED' | 'ERR_HATCHERY_WORKER_OUT_OF_MEMORY' | 'ERR_HATCHERY_WORKER_LANE_CORRUPT' | 'ERR_HATCHERY_WORKER_LOST' | 'ERR_HATCHERY_WORKER_START_FAILED' | 'ERR_HATCHERY_WORKER_MODULE_FAILED' | 'ERR_HATCHERY_PRELOAD_FAILED' | 'ERR_HATCHERY_TASK_TIMEOUT' | 'ERR_HATCHERY_RESULT_LOST' | 'ERR_HATCHERY_RESTART_LIMIT';
  /**
   * Strategies by kind of failure: an error code of Hatchery's; `'crash'` for the death of a worker under a task, however
   * it comes about; `'thrown'` for errors that tasks throw; the `code` or `name` of such an error; `'default'` for all
   * kinds that are not named, but for ERR_HATCHERY_RESTART_LIMIT. `decide` is a function that has the last word.
   */
  interface RecoveryTable extends RecoveryByCode {
      /** Of all kinds that are not named. */
      readonly default?: RecoveryStrategy | undefined;
      /** Of a worker that died, however. */
      readonly crash?: RecoveryStrategy | undefined;
      /** Of an error that a task threw. */
      readonly thrown?: RecoveryStrategy | undefined;
      /** Has the last word. */
      readonly decide?: RecoveryFunction | undefined;
      readonly [codeOrName: string]: RecoveryStrategy | RecoveryFunction | undefined;
  }
  /** Options of a pool about what is done after failures. */
  interface RecoveryPoolOptions {
      /** Default of the task option `retries`; streams are never run again. Default 0: at most once. */
      retries?: number | undefined;
      /**
       * Whether `retries` are for errors that tasks throw, too; or for which, by their `code` or `name`. Default false: only
       * for deaths of workers.
       */
      retryErrors?: boolean | readonly string[] | undefined;
      /** Pauses before a task is run again. Default `{ initial: 100, factor: 2, max: 30_000, jitter: 0.5 }`. */
      retryBackoff?: BackoffOptions | undefined;
      /**
       * A task under which so many workers have died is quarantined: rejected with ERR_HATCHERY_QUARANTINED, whatever retries
       * it has left, and kept in `pool.quarantine`. Default 5; Infinity: never.
       */
      maxCrashes?: number | undefined;
      /** Tasks kept in quarantine; the oldest leave first. Default 100. */
      quarantineSize?: number | undefined;
      /**
       * Workers that may die within `restartWindow`, under tasks or without, before the pool fails with
       * ERR_HATCHERY_RESTART_LIMIT; those that the pool kills itself do not count. Default 20 for each of `maxWorkers`, 100
       * at least; Infinity: any number.
       */
      maxRestarts?: number | undefined;
      /** Default 10 000. */
      restartWindow?: number | undefined;
      /**
       * Pauses before workers are started while they fail to start, or die before they have done anything. Default
       * `{ initial: 20, factor: 2, max: 2000, jitter: 0.25 }`.
       */
      restartBackoff?: BackoffOptions | undefined;
      /** What is done about which failure: a table, or a function that has the last word. */
      recovery?: RecoveryTable | RecoveryFunction | undefined;
  }
  /** {@link RecoveryPoolOptions} after all defaults. */
  interface ResolvedRecoveryOptions {
      readonly retries: number;
      readonly retryErrors: boolean | readonly string[];
      readonly retryBackoff: ResolvedBackoff;
      /** Infinity: tasks are not quarantined. */
      readonly maxCrashes: number;
      readonly quarantineSize: number;
      readonly maxRestarts: number;
      readonly restartWindow: number;
      readonly restartBackoff: ResolvedBackoff;
      /** In a thread that has attached to the pool, without its function. */
      readonly recovery: RecoveryTable;
  }

  /** Files that workers may open. What is open as they start stays open. */
  interface SandboxFsOptions {
      /** Files, and folders with all below them, to be read, beside what Node itself needs. Default none. */
      readonly read?: readonly (string | URL)[] | undefined;
      /** The same, to be read and written. Default none. */
      readonly write?: readonly (string | URL)[] | undefined;
  }
  /** What is taken from workers, for good, before they run any task. What is not named stays allowed. */
  interface SandboxOptions {
      /**
       * The only files that may be opened, created, removed, renamed or truncated, by Landlock (Linux 6.2): others fail with
       * EACCES. `'read-only'`: everything may be read, nothing written. Where Node lies, system libraries, `/proc`, hatchery, the
       * folders of `filename` and `preload`, and their `node_modules`, can be read in any case.
       */
      readonly fs?: 'read-only' | SandboxFsOptions | undefined;
      /** `false`: no sockets are made, of any family; EACCES. */
      readonly net?: boolean | undefined;
      /** `false`: no programs are executed and no processes made (threads are); EPERM. */
      readonly exec?: boolean | undefined;
      /** `false`: no signals to, and no limits of, processes other than the worker and what it has started; EPERM. */
      readonly signals?: boolean | undefined;
      /**
       * `true`: each task gets a worker of its own, which is thrown away after it, so that nothing of one task is there for
       * the next. It sets `maxTasks` to 1, and `spares` to `maxWorkers` (64 at most) unless that is given; `concurrency` must
       * be 1. Default false.
       */
      readonly fresh?: boolean | undefined;
  }
  /** See `docs/guide/sandbox.md`. */
  interface SandboxPoolOptions {
      /**
       * What workers may not do. `'fresh'` stands for `{ fresh: true }`. What the kernel cannot take away is refused, with
       * ERR_HATCHERY_SANDBOX_UNSUPPORTED. Default: they may do all that the host may.
       */
      sandbox?: 'fresh' | SandboxOptions | undefined;
  }
  /** {@link SandboxPoolOptions} after all defaults. */
  interface ResolvedSandboxOptions {
      readonly sandbox: {
          /** Absolute paths; `undefined`: any file. */
          readonly fs: {
              readonly read: readonly string[];
              readonly write: readonly string[];
          } | undefined;
          readonly net: boolean;
          readonly exec: boolean;
          readonly signals: boolean;
          readonly fresh: boolean;
      };
  }

  /** When workers are added between `minWorkers` and `maxWorkers`, and when they leave. Times are milliseconds. */
  interface ScalingOptions {
      /** Tasks should not wait for longer: if they do, or would at the present pace, workers are added. Default 5. */
      targetQueueWait?: number | undefined;
      /**
       * If tasks wait, however shortly, for this long without a break, one worker is added all the same; and while workers are
       * wanted that cannot be had, the pool looks again this often. Default 100.
       */
      interval?: number | undefined;
      /** Least time between two additions. Default 0. */
      upCooldown?: number | undefined;
      /** How long a worker above `minWorkers` is idle before it leaves. The pool's `idleTimeout` under another name. */
      downDelay?: number | undefined;
      /**
       * Share of the processors' time, from 0 to 1, which workers must use for more of them than processors to be of no use as
       * long as tasks get done; `Infinity`: they always are of use. Default 0.9.
       */
      maxCpu?: number | undefined;
      /**
       * Share of the memory, from 0 to 1, that may be in use after a worker is added: of the machine's, or of what the control
       * group (cgroup) may have if that is scarcer; `Infinity`: whatever there is. Default 0.95.
       */
      maxMemory?: number | undefined;
  }
  /** {@link ScalingOptions} after all defaults. `downDelay` is the pool's `idleTimeout`. */
  interface ResolvedScaling {
      readonly targetQueueWait: number;
      readonly interval: number;
      readonly upCooldown: number;
      readonly maxCpu: number;
      readonly maxMemory: number;
  }
  /** The options of a pool about how many workers it has. */
  interface ScalingPoolOptions {
      /** When workers are added and when they leave. */
      scaling?: ScalingOptions | undefined;
      /** How long an idle worker above `minWorkers` is kept; 0 or Infinity: for ever. Default 60 000. */
      idleTimeout?: number | undefined;
  }
  /** {@link ScalingPoolOptions} after all defaults. */
  interface ResolvedScalingPoolOptions {
      readonly scaling: ResolvedScaling;
      /** 0: idle workers are kept. */
      readonly idleTimeout: number;
  }

  /** Options of a pool about traces. */
  interface TracingPoolOptions {
      /**
       * Whether tasks become spans of OpenTelemetry, and carry their caller's context to the worker. `'auto'` (default): where an
       * SDK is registered in this process, and at no cost elsewhere. True: the same, but the pool cannot be made
       * where `@opentelemetry/api` is missing. False: never. Diagnostics channels do not depend on it.
       */
      tracing?: boolean | 'auto' | undefined;
  }
  /** {@link TracingPoolOptions} after all defaults. */
  interface ResolvedTracingPoolOptions {
      readonly tracing: boolean | 'auto';
  }

  /**
   * Where a worker's standard output or error goes: to the host's own, nowhere, or to the pool, which reads it by line: see the
   * event `output` and the option `logger`.
   */
  type StdioTarget = 'inherit' | 'ignore' | 'pipe';
  /** Options of `new Pool()`. Times are milliseconds; `Infinity` is a time that never comes. */
  interface PoolOptions extends PoolDeadlineOptions, PoolHealthOptions, LifeCycleOptions, LimitOptions, RecoveryPoolOptions, ScalingPoolOptions, QueuePoolOptions, SandboxPoolOptions, LoggingPoolOptions, PoolObserveOptions, TracingPoolOptions {
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
       * start to wait for, and rehearsed: their first task takes little longer than any. Forked, each costs a few megabytes.
       * Default 0, at most 64.
       */
      spares?: number | undefined;
      /** Alias of `minWorkers`, as piscina has it. */
      minThreads?: number | undefined;
      /** Alias of `maxWorkers`, as piscina has it. */
      maxThreads?: number | undefined;
      /** Tasks one worker runs at a time; above 1 it pays for tasks that wait for I/O. Default 1, at most 512. */
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
       * Results on their way back are not counted: a worker has few under way at a time, and the memory goes with each as it
       * is read. Default: half of what the system or container has.
       */
      maxSharedMemory?: number | undefined;
      /**
       * What becomes of a task of more than a megabyte when there is no room for it: it waits, and others go on (`'wait'`, the
       * default), or is rejected with ERR_HATCHERY_SHARED_MEMORY_FULL. `pool.alloc()` throws that in any case.
       */
      sharedMemoryPolicy?: 'wait' | 'reject' | undefined;
  }
  /** {@link PoolOptions} after all defaults: what `pool.options` shows. Times are milliseconds. */
  interface ResolvedPoolOptions extends ResolvedPoolDeadlineOptions, ResolvedPoolHealthOptions, ResolvedLifeCycleOptions, ResolvedLimitOptions, ResolvedRecoveryOptions, ResolvedScalingPoolOptions, ResolvedQueuePoolOptions, ResolvedSandboxOptions, ResolvedLoggingPoolOptions, ResolvedPoolObserveOptions, ResolvedTracingPoolOptions {
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
      readonly killGrace: number;
      readonly startTimeout: number;
      readonly stdout: StdioTarget;
      readonly stderr: StdioTarget;
      readonly affinity: Affinity;
      readonly workerData: unknown;
      readonly maxSharedMemory: number;
      readonly sharedMemoryPolicy: 'wait' | 'reject';
  }

  /** Names of the options that `pool.configure()` takes. */
  const CONFIGURABLE: readonly ["name", "taskTimeout", "queueTimeout", "killGrace", "startTimeout", "closeTimeout", "handleSignals", "health", "idleTimeout", "scaling", "spares", "maxQueue", "queuePolicy", "queueHighWaterMark", "queueLowWaterMark", "ageing", "retries", "retryErrors", "retryBackoff", "maxCrashes", "quarantineSize", "maxRestarts", "restartWindow", "restartBackoff", "recovery", "maxTasks", "maxAge", "maxRss", "rlimits", "nice", "oomScoreAdj", "maxSharedMemory", "sharedMemoryPolicy"];
  /** An option that can change while the pool runs, by {@link Pool.configure}. */
  type ConfigureOption = (typeof CONFIGURABLE)[number];
  /** Options of `pool.configure()`: what is to be different from now on. */
  type ConfigureOptions = Pick<PoolOptions, ConfigureOption>;

  /** A failure as the driver and the zygote describe it, in JSON. */
  interface Failure {
      readonly code?: unknown;
      readonly message?: unknown;
      readonly stack?: unknown;
      readonly cause?: unknown;
      readonly worker?: unknown;
      readonly [detail: string]: unknown;
  }

  /** What the payload is: the one argument of the function, a list of arguments, or a call with streams. */
  type Form = 'single' | 'spread' | 'stream';
  /**
   * Knows the small number that the pool has for every (module, export) pair. The pair crosses to the workers once, as a
   * definition; after that a task names its function by the number alone.
   */
  class FunctionTable {
      #private;
      /** Whether the pool has a module of its own. */
      hasDefault: boolean;
      constructor(native: Pick<NativePool, 'define'>, hasDefault: boolean);
      /**
       * The number of a function, defined on first sight.
       *
       * @param filename module as the caller gave it; undefined for the pool's own
       * @param name export to call
       * @param form what the payload is
       * @param carries the context of a trace comes behind it
       * @throws ERR_HATCHERY_INVALID_OPTION if there is no module, ERR_HATCHERY_WORKER_FILE_NOT_FOUND
       */
      idOf(filename: string | URL | undefined, name: string, form: Form, carries?: boolean): number;
      /** The export's name behind a number. */
      nameOf(id: number): string | undefined;
  }

  /** The symbol of `await using`. */
  const asyncDispose: typeof Symbol.asyncDispose;

  /** What a thread needs to use a pool of another thread: plain data, for `workerData` or `postMessage`. */
  interface PoolHandle {
      /** The pool's number in its process. */
      readonly pool: number;
      /** The process that has the pool. */
      readonly pid: number;
      /** The options of the pool as they are now, but for `workerData` and `logger`, which need not be what can be sent. */
      readonly options: ResolvedPoolOptions;
  }

  /** Which tasks go first when workers are scarce. */
  type Priority = 'high' | 'normal' | 'low';
  /** Options of one task. */
  interface TaskOptions {
      /** By which `pool.cancel` finds the task; no other pending task of this pool may have it. */
      id?: string | undefined;
      /** Aborts the task: first through its own signal, then, after the pool's `killGrace`, by killing its worker. */
      signal?: AbortSignal | undefined;
      /** Milliseconds it may run, from when a worker begins it; past them it is treated as aborted. Default `taskTimeout` of the pool. */
      timeout?: number | undefined;
      /**
       * Milliseconds it may wait until a worker begins it; past them it is rejected with ERR_HATCHERY_QUEUE_TIMEOUT and never
       * runs. Default: that of the pool.
       */
      queueTimeout?: number | undefined;
      /** Default `'normal'`. */
      priority?: Priority | undefined;
      /**
       * How often the task is tried again if its worker dies under it (0 to 255). Default: the pool's `retries`, which is 0
       * unless it was set: at most once.
       */
      retries?: number | undefined;
      /** Whether `retries` are for errors that the task throws, too. Default: what the pool's `retryErrors` says. */
      retryErrors?: boolean | undefined;
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
  interface RunSyncOptions extends Omit<RunOptions, 'onProgress' | 'id'> {
  }
  /** Options of one stream. Without `retries`: what it has yielded it would yield again. */
  interface TaskStreamOptions extends Omit<TaskOptions, 'retries' | 'retryErrors'> {
      /**
       * Items that may be under way or wait for the consumer; the generator is never further ahead than that. The same
       * holds for each stream among the arguments. Default 16.
       */
      highWaterMark?: number | undefined;
  }
  /** Options of `pool.stream()`. `timeout` limits the time of the whole stream, however slow its consumer is. */
  interface StreamOptions extends TaskStreamOptions, Omit<RunOptions, 'retries' | 'retryErrors'> {
  }
  /** {@link TaskOptions} checked, and packed as the staging record wants them. */
  interface PackedOptions {
      readonly id: string | undefined;
      readonly signal: AbortSignal | undefined;
      /** Milliseconds, 0 = none. */
      readonly timeout: number;
      /** Milliseconds, 0 = that of the pool, 0xffffffff = none. */
      readonly queueTimeout: number;
      /** Bits 0-1 priority, bit 2 addressed, bits 4-5 whether errors are retried (1) or not (2), bits 8-15 retries. */
      readonly word: number;
      readonly onProgress: ((value: any) => void) | undefined;
      /** What is taken away once the task is sent. */
      readonly transferList: readonly ArrayBuffer[];
      /** There is nothing for this thread to see to until the task settles: no id, signal or listener, nothing to take away. */
      readonly isPlain: boolean;
  }

  /** Options of `pool.map()`. */
  interface MapOptions extends Omit<RunOptions, 'id'> {
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

  /**
   * Keeps the event loop alive while somebody waits for the pool, and no longer: a script whose tasks are done ends
   * even if it never closes its pool.
   */
  class Liveness {
      #private;
      /** Called when tasks are pending again. */
      onBusy: () => void;
      constructor(native: Pick<NativePool, 'makeKeepAlive'>);
      /** Whatever is pending, the loop is kept alive (true) or not (false). */
      wish(alive: boolean | undefined): void;
      /** One reason more to stay alive. */
      hold(): void;
      /** One reason less. */
      release(): void;
      /** Tasks are pending: one reason, however many there are. */
      busy(): void;
      /** No task is pending. Returns true if that is news. */
      idle(): boolean;
      /** The native pool is gone and is not spoken to any more. */
      end(): void;
  }

  /** A call of a function whose result is a stream, or whose arguments are, or both. */
  interface StreamCall {
      /** Items that the task may send at first; 0: its result is no stream. */
      readonly credit: number;
      /** Items of each input that may be under way. */
      readonly window: number;
      /** Without the inputs. */
      readonly parameters: readonly unknown[];
      /** Positions of the inputs among the parameters. */
      readonly inputs: readonly number[];
      /** The context of a trace that goes with it. */
      readonly carrier: Uint8Array | undefined;
  }

  /** A task that is not with the driver yet: encoded, with the ticket it will have there. */
  interface WaitingTask {
      readonly ticket: number;
      readonly functionId: number;
      /** Priority, retries and mentions, packed. */
      readonly word: number;
      readonly timeout: number;
      /** As in a staging record. */
      readonly queueTimeout: number;
      readonly payload: Uint8Array;
      /** Segments that the payload mentions, and that are held for it. */
      readonly segments: readonly number[];
  }
  /** A task whose turn it is. */
  interface NextTask {
      readonly task: WaitingTask;
      /** All the time that it may wait; undefined: as long as it likes. */
      readonly limit: number | undefined;
      /** What is left of that, as in a staging record. */
      readonly queueTimeout: number;
  }
  /**
   * Where tasks are kept that the driver's queue has no room for (`queuePolicy: 'wait'`). They leave by priority, first come
   * first served, with the turns that ageing gives.
   */
  class WaitingRoom {
      #private;
      /** Who is told of a task that has been here for too long, and is not any more. */
      onTimeout: (task: WaitingTask, limit: number) => void;
      /**
       * @param ageing milliseconds
       * @param queueTimeout milliseconds, of tasks that have none of their own; 0 = any time
       */
      constructor(ageing: number, queueTimeout: number);
      /** Other times, as in the constructor; the second one for tasks that come from now on. */
      setTimes(ageing: number, queueTimeout: number): void;
      get size(): number;
      /** Tasks by priority, the highest first. */
      get sizes(): readonly [high: number, normal: number, low: number];
      enter(task: WaitingTask): void;
      /** Takes a task out that nobody wants any more. Undefined: it is not here. */
      leave(ticket: number): WaitingTask | undefined;
      /** The task that goes next. */
      next(): NextTask | undefined;
      /** Takes out all. */
      clear(): WaitingTask[];
  }

  /**
   * The way of tasks to the driver: records go into the staging buffer, which is flushed once per microtask
   * checkpoint, or when it is full.
   */
  class Submission {
      #private;
      /** Ticket of the task just submitted, for those few callers that go on to need it. */
      lastTicket: number;
      /** Tasks of this thread that may be with the driver; more wait in the room. */
      limit: number;
      /** Tasks that the driver never had: who waited was told so here. */
      readonly unseen: {
          cancelled: number;
          timedOut: number;
      };
      /** Called after such a task has been rejected. */
      onUnseen: () => void;
      /** Called before a task of so many bytes, which are many, goes to the driver. */
      onLarge: (length: number) => void;
      /**
       * @param timeoutError for a task that has waited there for too long
       */
      constructor(native: NativePool, pending: PendingTasks, liveness: Liveness, segments: SegmentTable, timeoutError: (limit: number, functionId: number) => Error);
      /** Where tasks beyond the limit wait; without one there is no limit. Those in the one before go to the driver. */
      setRoom(room: WaitingRoom | undefined): void;
      get room(): WaitingRoom | undefined;
      /**
       * Submits a task.
       *
       * @param word priority and retries, packed
       * @param timeout milliseconds, 0 = none
       * @param queueTimeout milliseconds, 0 = that of the pool
       * @throws ERR_HATCHERY_DATA_CLONE; nothing was submitted then
       */
      submit(task: unknown, functionId: number, word: number, timeout: number, queueTimeout: number): Promise<any>;
      /**
       * Submits a task with streams. `resolve` or `reject` is called while its end is read, not some time after: from then
       * on its ticket is another's.
       *
       * @returns its ticket
       * @throws ERR_HATCHERY_DATA_CLONE; nothing was submitted then
       */
      submitStream(call: StreamCall, functionId: number, word: number, timeout: number, queueTimeout: number, resolve: Settle, reject: Settle): number;
      /** Submits a task that is encoded: a message, and behind it the numbers of as many segments as it mentions. */
      submitEncoded(payload: Uint8Array, mentioned: number, functionId: number, word: number, timeout: number, queueTimeout: number): Promise<any>;
      /**
       * As {@link submit}, for a task with which the context of a trace goes.
       *
       * @throws ERR_HATCHERY_DATA_CLONE; nothing was submitted then
       */
      submitTraced(task: unknown, carrier: Uint8Array, functionId: number, word: number, timeout: number, queueTimeout: number): Promise<any>;
      /** A value is being encoded: a getter of it may lead here. */
      get isEncoding(): boolean;
      /** Nothing is staged: the next task begins a batch. */
      get isEmpty(): boolean;
      /** Hands over what is staged; later, if it is a getter of a value being staged that asks for it. */
      flush(): void;
      /** Forgets what is staged, or waits. */
      discard(): void;
      /** Tasks that the driver does not have yet, for want of room. */
      get keptBack(): number;
      /** … by priority, the highest first. */
      get keptBackBy(): readonly [high: number, normal: number, low: number];
      /** Takes back a task that the driver does not have yet. False: it has it. */
      withdraw(ticket: number): boolean;
      /** Rejects a task that the driver never had, unless it has settled with all others meanwhile. */
      rejectUnseen(ticket: number, kind: 'cancelled' | 'timedOut', reason: unknown): void;
      /** Tasks have settled: hands over those that there is room for now; `all`: whether there is or not. */
      letIn(all?: boolean): void;
  }

  /** Options of `pool.metrics()`. */
  interface MetricsOptions {
      /**
       * Labels that every metric carries, such as `{ pool: 'thumbnails' }` where a process has several pools. Names are of
       * letters, digits and underscores, and none of the metrics' own (`outcome`, `priority`, `state`, `reason`, `method`, `le`).
       */
      labels?: Readonly<Record<string, string>> | undefined;
  }
  /** One metric, with the values of its labels. */
  interface MetricSample {
      /** Names and values; those of `MetricsOptions.labels` are among them. */
      readonly labels: Readonly<Record<string, string>>;
      /** Of a counter or gauge. */
      readonly value?: number;
      /** Of a histogram: upper bounds in seconds, and how many times were at most that; the last bound, infinity, is left out. */
      readonly buckets?: readonly (readonly [bound: number, count: number])[];
      /** Of a histogram: of all times, in seconds. */
      readonly sum?: number;
      /** Of a histogram: how many. */
      readonly count?: number;
  }
  /** Metrics of one name. */
  interface MetricFamily {
      /** As Prometheus knows it: `hatchery_…`, with the unit behind. */
      readonly name: string;
      /** What it counts or measures, in a sentence. */
      readonly help: string;
      /** Counters only grow; gauges go up and down; histograms count times by bounds. */
      readonly type: 'counter' | 'gauge' | 'histogram';
      /** One for each combination of labels. */
      readonly metrics: readonly MetricSample[];
  }

  /** One thing that was looked at. */
  interface HealthCheck {
      /** What was looked at: `pool`, `driver`, `accepting`, `workers`. */
      readonly name: string;
      /** Nothing is wrong with it. */
      readonly ok: boolean;
      /** What was found, in a few words. */
      readonly detail: string;
  }
  /** What `pool.health()` returns. */
  interface PoolHealth {
      /** It works, or could: whoever restarts what is not live need not restart this. */
      readonly live: boolean;
      /** It takes tasks, and as many workers as there must be can run them. */
      readonly ready: boolean;
      /** What `live` follows from. */
      readonly liveness: readonly HealthCheck[];
      /** What `ready` follows from, besides. */
      readonly readiness: readonly HealthCheck[];
  }

  /** What the tasks of a pool have that do not say otherwise. `pool.configure()` changes it, so it is read for each task. */
  class TaskDefaults {
      /** The export that is called. */
      name: string;
      retries: number;
      /** Milliseconds, 0 = none. */
      timeout: number;
      /** A task without options. */
      packed: PackedOptions;
      constructor(options: ResolvedPoolOptions);
      set({ name, retries, taskTimeout }: ResolvedPoolOptions): void;
  }

  /** Items of `pool.stream()`. Leaving the loop early cancels the task. */
  interface ItemIterator<Item, Return = any> extends AsyncIterableIterator<Item, Return, undefined> {
      return(value?: Return | PromiseLike<Return>): Promise<IteratorResult<Item, Return>>;
      throw(reason?: unknown): Promise<IteratorResult<Item, Return>>;
      [Symbol.asyncDispose](): Promise<void>;
  }
  /** The task behind a stream, as long as it has not settled. */
  interface StreamingTask {
      /** It may send `count` items more. */
      credit(count: number): void;
      readonly cancel: Cancel;
  }
  /** How a task is submitted whose items go to a stream. */
  interface StreamStart {
      /** Submits it, or ends its sources and throws what the stream is to fail with. */
      submit(stream: TaskStream<any, any>): StreamingTask;
      /** It will never be submitted. */
      withdraw(): void;
  }
  /**
   * The consumer's end of a task that is a generator. The task is submitted by the first `next()`. The window bounds what
   * is under way and what waits here; half of it is granted anew at a time, while the other half is under way.
   */
  class TaskStream<Item, Return> implements ItemIterator<Item, Return>, Omit<StreamEnd, 'pulled' | 'forwarded'> {
      #private;
      constructor(start: StreamStart, window: number);
      next(): Promise<IteratorResult<Item, Return>>;
      return(value?: Return | PromiseLike<Return>): Promise<IteratorResult<Item, Return>>;
      throw(reason?: unknown): Promise<IteratorResult<Item, Return>>;
      [Symbol.asyncIterator](): this;
      [asyncDispose](): Promise<void>;
      /** An item has come. */
      item(item: unknown): void;
      /** How often this has been asked since somebody last read from the stream; 0 if somebody waits for an item. */
      unread(): number;
      /** What has come cannot be decoded, or nobody reads it. */
      damaged(error: unknown): void;
      /** The task is cancelled: what waits here is not wanted any more. */
      abort(reason: Uint8Array | undefined): boolean;
      /** The task has settled, or never will. The first word stands. */
      settle(failed: boolean, value: unknown): void;
  }

  /** Tells who listens, on diagnostics channels or by OpenTelemetry, of the tasks of one pool. */
  class TaskObserver {
      #private;
      /** @param mayTrace whether spans are made where an SDK is registered */
      constructor(pool: Pool, mayTrace: boolean);
      /**
       * Whether somebody wants to know what becomes of a task that is submitted now.
       *
       * @param first it is the first of its batch: whether an SDK is registered is looked at once a batch
       */
      isNeeded(first: boolean): boolean;
      /** Has a task submitted by `submit`, and tells what becomes of it. */
      observe<T>(call: Call, submit: (task: ObservedTask) => Promise<T>): Promise<T>;
      /** The same for a call that blocks. */
      observeSync<T>(call: Call, run: (task: ObservedTask) => T): T;
  }

  /** Submits the tasks that are streams, or that are given streams. */
  class StreamRunner {
      #private;
      constructor(native: Pick<NativePool, 'cancel' | 'credit' | 'forward'>, functions: FunctionTable, pending: PendingTasks, submission: Submission, segments: SegmentTable, defaults: TaskDefaults, checkOpen: () => void, observer: TaskObserver);
      /**
       * A stream of what a task yields. Options and function are checked now, the rest happens at the first `next()`.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND
       */
      stream(parameters: readonly unknown[], options?: StreamOptions): TaskStream<any, any>;
      /**
       * Ends the streams that nobody has read from since this was called `looks` times before; how many those are.
       *
       * @param reason what they fail with, should somebody read on
       */
      endUnread(looks: number, reason: unknown): number;
      /**
       * Runs a task that is given streams and returns a plain value.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE
       */
      run(parameters: readonly unknown[], filename: string | URL | undefined, name: string, packed: PackedOptions): Promise<any>;
  }

  /** Turns calls into submissions: finds the function, checks the options, wires signal and progress. */
  class TaskRunner {
      #private;
      constructor(native: Pick<NativePool, 'cancel' | 'hasBegun'>, functions: FunctionTable, pending: PendingTasks, submission: Submission, streams: StreamRunner, defaults: TaskDefaults, observer: TaskObserver);
      /**
       * Runs a task that is the one argument of its function.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE
       */
      run(task: unknown, options: RunOptions | undefined): Promise<any>;
      /**
       * Runs a function of the pool's own module with a list of arguments.
       *
       * @throws as {@link run}
       */
      call(name: string, parameters: unknown[], options: TaskOptions | undefined): Promise<any>;
      /** Runs a task whose payload is there already: a message, and the numbers of the segments it mentions. */
      resubmit(payload: Uint8Array, mentions: number, functionId: number, packed: PackedOptions): Promise<any>;
      /**
       * How far the task of this id has come; undefined if none is pending.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION
       */
      stateOf(id: string): 'queued' | 'running' | undefined;
      /**
       * Cancels the pending task of this id.
       *
       * @returns false if there is none, or it has settled already
       * @throws ERR_HATCHERY_INVALID_OPTION
       */
      cancel(id: string, reason: unknown): boolean;
  }

  /** Options of `pool.quarantine.rerun()`: those of the task, which otherwise has its own priority and timeout. */
  type RerunOptions = Omit<TaskOptions, 'transferList'>;
  /** A task that has killed too many workers. */
  interface QuarantinedTask {
      /** Names it in the quarantine. */
      readonly id: number;
      /** Export that it calls. */
      readonly taskName: string;
      /** URL of the module that it was in; that of the pool as it was when the task was quarantined. */
      readonly filename: string;
      /** That it had. */
      readonly priority: Priority;
      /** Milliseconds; undefined: none. */
      readonly timeout: number | undefined;
      /** Its failed attempts, oldest first: which, in which worker, how that died, when. */
      readonly attempts: readonly AttemptInfo[];
      /** When that was. */
      readonly quarantinedAt: Date;
      /**
       * What the task was given: the argument, or the list of arguments of a call by `pool.tasks()` with any number but one.
       * It is decoded at each call; undefined if there was no room to keep it, or for a task with streams.
       */
      argument(): unknown;
  }
  /** The tasks that are not run again because workers died under them, oldest first. */
  class Quarantine implements Iterable<QuarantinedTask> {
      #private;
      /**
       * @param filename the pool's own module
       * @param defaults what a task has that does not say
       */
      constructor(native: NativePool, segments: SegmentTable, runner: TaskRunner, filename: string | undefined, defaults: TaskDefaults, checkOpen: () => void);
      /** From this generation of the code on the pool's own module is another one. */
      moduleChanged(from: number, filename: string | undefined): void;
      /** How many there are. */
      get size(): number;
      /** Those there are now. */
      [Symbol.iterator](): Iterator<QuarantinedTask>;
      /** The task of this id, as in the error's `quarantineId`. */
      get(id: number): QuarantinedTask | undefined;
      /** Forgets a task. Returns false if it is not there. */
      remove(id: number): boolean;
      /** Forgets all tasks. */
      clear(): void;
      /**
       * Takes a task out of the quarantine and runs it once more, as a new task: its attempts count anew, and it has the
       * pool's `retries` unless it says otherwise. After a `pool.reload()` with another `filename`, a task of the pool's own
       * module calls the function of that name in the new one.
       *
       * @returns as `pool.run`; rejects with ERR_HATCHERY_INVALID_OPTION if it is not there, or was not kept whole
       */
      rerun<Result = any>(id: number, options?: RerunOptions): Promise<Result>;
  }

  /** Options of `pool.reload()`: what is to be different from now on. What is left out stays as it is. */
  type ReloadOptions = Pick<PoolOptions, 'filename' | 'preload' | 'shareFilename' | 'execArgv' | 'env' | 'workerData' | 'stdio' | 'maxHeap'>;

  /** What `pool.resize()` takes: bounds, of which one that is left out stays as it is. */
  interface PoolSize {
      /** Workers kept even when idle. */
      min?: number | undefined;
      /** Workers at most. */
      max?: number | undefined;
  }

  /** What can be given to a task as a stream: an async iterable, such as a ReadableStream, or an iterator. */
  type StreamSource<Item = unknown> = AsyncIterable<Item> | IterableIterator<Item>;

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
       * DUPLICATE_ID, WORKER_FILE_NOT_FOUND, DATA_CLONE, POOL_CLOSED and POOL_FAILED at once, the others later
       */
      run<Result = R>(task?: T | StreamSource, options?: RunOptions): Promise<Result>;
      /**
       * Cancels the pending task that was given this `id` in this thread. One that has not begun never will. One that runs is
       * rejected now; its own signal is aborted with `reason`, and its worker killed if it has not ended after `killGrace`.
       *
       * @param reason the `cause` of the ERR_HATCHERY_TASK_CANCELLED that the task is rejected with
       * @returns whether a task was cancelled; false if there is none of this id, or it has just settled
       * @throws ERR_HATCHERY_INVALID_OPTION
       */
      cancel(id: string, reason?: unknown): boolean;
      /**
       * How far the task has come that was given this `id` in this thread.
       *
       * @returns `'queued'` until a worker begins it, then `'running'`; undefined if there is none, or it has settled
       * @throws ERR_HATCHERY_INVALID_OPTION
       */
      stateOf(id: string): 'queued' | 'running' | undefined;
      /**
       * Runs one task whose function is a generator, or returns something that can be iterated, and yields its items as they
       * come; the `value` of the last result is what the generator returns. The worker is never more than `highWaterMark` items
       * ahead. Nothing runs before the first `next()`. Leaving the loop early cancels the task: its generator returns,
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
       * @throws ERR_HATCHERY_SHARED_MEMORY_FULL if `maxSharedMemory` does not allow it, ERR_HATCHERY_OUT_OF_DESCRIPTORS,
       * ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
       */
      alloc(bytes: number, options?: AllocOptions): SharedBytes;
      /**
       * Sets how many workers there are from now on: so many, or at least `min` and at most `max`. Workers that are too many
       * take no more tasks and leave when they have ended what they have begun.
       *
       * @returns fulfilled once there are that many, or as many as a later call asked for; rejects with
       * ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED, or what the pool failed with
       */
      resize(size: number | PoolSize): Promise<void>;
      /**
       * Starts the code of the workers anew, without a pause and without a lost task: a new zygote loads it and proves itself
       * with one worker; then each old worker is replaced by a new one that is ready, gets no more tasks, ends what it has
       * begun, and leaves. Queued tasks run on either. Tasks of the pool's own module are those of the new one. There is one
       * worker more than before for most of the time, and up to twice as many while old ones are still at work.
       *
       * @param options what is to be different from now on
       * @returns settles once the last old worker has left; rejects, and everything is as before, with the error of the new
       * code (ERR_HATCHERY_PRELOAD_FAILED, ERR_HATCHERY_WORKER_START_FAILED, …), or with ERR_HATCHERY_RELOAD_IN_PROGRESS,
       * ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE, ERR_HATCHERY_POOL_CLOSED
       */
      reload(options?: ReloadOptions): Promise<void>;
      /**
       * Replaces one worker, or all of them, some at a time, by new ones from the same code: another one is ready before the
       * old one gets no more tasks, and what it has begun it ends. The event `recycle` tells of each. For other code there is
       * {@link Pool.reload}.
       *
       * @param workerId the pool's number for the worker, as in `pool.stats().workers`
       * @returns how many will be replaced; 0 if there is no such worker, or it is about to leave anyway
       * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
       */
      recycle(workerId?: number): number;
      /**
       * Changes options while the pool runs, all of those given or, if one is no good, none. What is left out stays as it is;
       * what is `undefined` gets its default back. They hold at once, with two exceptions: limits of a task (`taskTimeout`,
       * `queueTimeout`, `retries`) for tasks submitted from now on, and what a worker is told as it starts (`maxTasks`, `maxAge`,
       * `rlimits`, `nice`, `oomScoreAdj`) for workers started from now on, which are all of them after a {@link Pool.reload}.
       * `maxQueue` and its marks depend on one another, so those that were left to their defaults follow.
       *
       * For other options there are {@link Pool.resize} and {@link Pool.reload}; `startMethod`, `concurrency`, `affinity`,
       * `sandbox` and `cgroup` are for the life of the pool.
       *
       * @returns names of the options that are not as they were
       * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
       */
      configure(options: ConfigureOptions): ConfigureOption[];
      /**
       * Takes no more tasks, waits for those there are, and ends the workers. What a time limit leaves is cancelled.
       *
       * @returns settles once nothing of the pool is left, with the number of tasks that were not waited for; never rejects
       * but for ERR_HATCHERY_INVALID_OPTION
       */
      close(options?: CloseOptions): Promise<CloseReport>;
      /**
       * Rejects all pending tasks with ERR_HATCHERY_POOL_CLOSED and kills the workers.
       *
       * @returns settles once nothing of the pool is left, with the number of tasks that were pending; never rejects
       */
      destroy(): Promise<CloseReport>;
      /**
       * Keeps this process alive as long as the pool is open. Without this, or {@link Pool.unref}, it is kept alive while the
       * pool starts, while tasks are pending and while it closes.
       */
      ref(): this;
      /** Lets this process end, and the pool with it, even though tasks are pending. A pool that closes is waited for. */
      unref(): this;
      /** As {@link Pool.close}. */
      [asyncDispose](): Promise<void>;
      /** Tasks that have killed too many workers (`maxCrashes`), until the pool is closed. */
      get quarantine(): Quarantine;
      /** The last crashes of workers, oldest first; at most 50. In the thread that has made the pool. */
      get crashes(): readonly CrashInfo[];
      /**
       * The options in force, defaults included; {@link Pool.reload}, {@link Pool.resize} and {@link Pool.configure} change them, a
       * moment later also those that the other threads of the pool see. In a thread that has attached to it they are without
       * `workerData`.
       */
      get options(): ResolvedPoolOptions;
      /**
       * Fulfilled once the pool can run tasks: its first worker is up or, with `minWorkers: 0`, could be started. Rejects
       * with the error if the pool cannot start.
       */
      get ready(): Promise<void>;
      /** True from `close` or `destroy` on. */
      get closing(): boolean;
      /** True once nothing of the pool is left. */
      get closed(): boolean;
      /** Tasks that wait for a worker, those of other threads included. */
      get queueSize(): number;
      /**
       * True from when so many tasks of this thread wait as `queueHighWaterMark` says until fewer do than `queueLowWaterMark`. Whoever
       * submits from a source that can wait does so until `'drain'`.
       */
      get needsDrain(): boolean;
      /** Tasks of this thread that are not settled. */
      get pending(): number;
      /** Tasks of this thread that were fulfilled; those of all threads: `stats().completed`. */
      get completed(): number;
      /** Milliseconds since the pool was made. */
      get duration(): number;
      /** The workers there are. */
      get workers(): readonly WorkerStats[];
      /** As `workers`; piscina's name. */
      get threads(): readonly WorkerStats[];
      /**
       * The pool's metrics in Prometheus's text format, version 0.0.4; empty once the pool is closed. They are those of the whole
       * pool, but for tasks that other threads keep back.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION
       */
      metrics(options?: MetricsOptions): string;
      /**
       * The same as objects, for other formats.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION
       */
      metricFamilies(options?: MetricsOptions): MetricFamily[];
      /** Whether the pool works, and whether it is ready for tasks; with what that follows from. The driver is turned for it. */
      health(): PoolHealth;
      /** How long tasks waited and ran, as piscina shows it. */
      get histogram(): PoolHistogram;
      /**
       * Share of the time of all workers there may be (`maxWorkers` times `concurrency`), since the pool was made, that was
       * spent in tasks: from 0 to 1. 0 with `recordTiming: false`.
       */
      get utilization(): number;
      /**
       * A snapshot of all figures, those of other threads that use the pool included. Memory and processor time of workers are
       * read from the kernel now, some microseconds a worker.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION
       */
      stats(options?: StatsOptions): PoolStats;
  }

  /**
   * What every channel about tasks says: `hatchery:task:*` and the tracing channel `tracing:hatchery:task:*`. It is one object
   * from the submission to the end, so it can be the key of a WeakMap; it is filled in as things happen.
   */
  interface TaskMessage {
      /** The one it was submitted to. */
      readonly pool: Pool;
      /** How it was submitted; `map` runs its tasks by `'run'`. */
      readonly call: 'run' | 'runSync' | 'stream';
      /** Export that it calls. */
      readonly name: string;
      /** Module, if it is not the pool's own. */
      readonly filename: string | URL | undefined;
      /** What the caller calls it. */
      readonly id: string | undefined;
      /** The level of the queue that it waits in. */
      readonly priority: Priority;
      /** When it was submitted. Times are those of `performance.now()`. */
      readonly submittedAt: number;
      /** As `current.id` in the worker; from `running` on, and never with `runSync`, as all to `startedAt`. */
      readonly taskId: string | undefined;
      /** The attempt that was begun last; 0: none. */
      readonly attempt: number;
      /** The pool's number for the worker that began it last. */
      readonly workerId: number | undefined;
      /** Process id of that worker. */
      readonly pid: number | undefined;
      /** When the worker began it. */
      readonly startedAt: number | undefined;
      /** The last attempt that is followed by another one; from `retried` on. */
      readonly retry: TaskRetry | undefined;
      /** When it was settled. */
      readonly settledAt: number | undefined;
      /** What it was fulfilled with. */
      readonly result?: unknown;
      /** What it was rejected with. */
      readonly error?: unknown;
  }
  /** An attempt that has failed and is followed by another one. */
  interface TaskRetry {
      /** Code of the failure; `'thrown'` if the task threw. */
      readonly code: string;
      /** What the failure says. */
      readonly message: string;
      /** The number of the attempt that has failed, 1 = the first. */
      readonly attempt: number;
      /** The worker that had it; undefined: none had. */
      readonly workerId: number | undefined;
      /** Milliseconds until the task is queued again. */
      readonly delay: number;
  }
  /** What every channel about a pool says beside what is special to it. */
  interface PoolMessage {
      /** The one that it is about. */
      readonly pool: Pool;
  }
  /** What is published on which plain channel. Those of the tracing channel `hatchery:task` say {@link TaskMessage}. */
  interface ChannelMessages {
      /** The task was submitted, and waits for a worker. */
      'hatchery:task:queued': TaskMessage;
      /** A worker has begun it; once an attempt. */
      'hatchery:task:running': TaskMessage;
      /** An attempt has failed; the task is queued again after a pause. */
      'hatchery:task:retried': TaskMessage;
      /** It has returned; `result` is there. */
      'hatchery:task:completed': TaskMessage;
      /** It threw, its time was up, its worker was lost, or it was refused. */
      'hatchery:task:failed': TaskMessage;
      /** Its signal fired, or `pool.cancel` named it; `error` has the reason. */
      'hatchery:task:cancelled': TaskMessage;
      /** Its process runs. */
      'hatchery:worker:started': PoolMessage & WorkerInfo;
      /** It takes tasks. */
      'hatchery:worker:ready': PoolMessage & WorkerReadyInfo;
      /** It has been given tasks after it had none. */
      'hatchery:worker:busy': PoolMessage & WorkerInfo;
      /** It has no tasks left. */
      'hatchery:worker:idle': PoolMessage & WorkerInfo;
      /** A worker is stopped, blocked, or neither any more; as the event `workerHealth`. */
      'hatchery:worker:health': PoolMessage & WorkerHealthInfo;
      /** A line that it has printed, with `stdio: 'pipe'`. */
      'hatchery:worker:output': PoolMessage & OutputInfo;
      /** It has come to a limit and leaves. */
      'hatchery:worker:recycled': PoolMessage & RecycleInfo;
      /** Its process is gone; as the event `workerExited`. */
      'hatchery:worker:exited': PoolMessage & WorkerExitInfo;
      /** It can run tasks: its first worker is up or, with `minWorkers: 0`, could be started. */
      'hatchery:pool:ready': PoolMessage;
      /** There are more workers, or fewer, and why; as the event `scale`. */
      'hatchery:pool:scale': PoolMessage & ScaleInfo;
      /** All workers run the new code; as the event `reload`. */
      'hatchery:pool:reload': PoolMessage & ReloadInfo;
      /** As many tasks wait as should: `queueHighWaterMark`. */
      'hatchery:pool:needs-drain': PoolMessage;
      /** Few enough wait again: `queueLowWaterMark`. */
      'hatchery:pool:drain': PoolMessage;
      /** Something is not as it should be, and the pool goes on; as the event `warning`. */
      'hatchery:pool:warning': PoolMessage & PoolWarning;
      /** The pool has given up, for the reason in `error`; its tasks are rejected. */
      'hatchery:pool:failed': PoolMessage & {
          readonly error: unknown;
      };
      /** All tasks are settled and all processes gone. */
      'hatchery:pool:close': PoolMessage;
  }
  /** A worker that takes tasks now. */
  interface WorkerReadyInfo extends WorkerInfo {
      /** Milliseconds that its start has taken. */
      readonly milliseconds: number;
  }

  /**
   * The span of a submission. It lasts until the caller has the outcome: what a worker cannot tell any more, such as its own
   * death, is in this one.
   */
  class ProducerSpan {
      #private;
      /** The context in which the worker is to go on, encoded; undefined if no propagator has anything to say. */
      readonly carrier: Uint8Array | undefined;
      /** An attempt has failed, and another one follows. */
      retried({ retry }: TaskMessage): void;
      /** The task has ended well. */
      end(message: TaskMessage): void;
      /** It has not. */
      fail(message: TaskMessage, error: unknown): void;
  }

  /** What is known of a task as it is submitted. */
  interface Call {
      readonly call: TaskMessage['call'];
      readonly name: string;
      readonly filename: string | URL | undefined;
      readonly id: string | undefined;
      /** Options of the task, packed: its priority is in there. */
      readonly word: number;
  }
  /** A task of which somebody wants to know what becomes of it. */
  class ObservedTask {
      #private;
      /** Its span, where an SDK is registered. */
      span: ProducerSpan | undefined;
      constructor(pool: Pool, call: Call);
      get message(): TaskMessage;
      /** The context that goes with it to the worker. */
      get carrier(): Uint8Array | undefined;
      /** It is submitted. */
      queued(): void;
      /** A worker has begun it; told within the driver's call, as {@link retried} is. */
      begun(report: Uint8Array): void;
      /** An attempt has failed, and another one follows. */
      retried({ code, message, attempt, worker, pause }: Failure): void;
      completed(result: unknown): void;
      failed(error: unknown): void;
      /** It could not be submitted: it has never been queued. */
      refused(error: unknown): void;
  }

  /** Settles one promise. */
  type Settle = (value: any) => void;
  /** What few tasks have, kept apart so that the others do not pay for it. */
  interface TaskExtras {
      /** Of a task that `pool.cancel` can find. */
      readonly id?: string | undefined;
      readonly signal: AbortSignal | undefined;
      /** Listening on `signal` until the task settles; there if it has that or an id. */
      readonly cancel: Cancel | undefined;
      readonly onProgress: Settle | undefined;
      /** Of a task with streams: who takes what is said of them. */
      readonly stream?: StreamEnd | undefined;
      /** Of a task that somebody observes. */
      readonly observed?: ObservedTask | undefined;
      /** Of a task that has spent some of it before the driver had it: the whole of its `queueTimeout`. */
      readonly queueTimeout?: number;
      /** Left by `pool.cancel`. */
      cancelled?: {
          readonly reason: unknown;
      };
  }
  /** Cancels a task, whose signal gets the reason, encoded. False: it has settled already. */
  type Cancel = (reason: Uint8Array | undefined) => boolean;
  /** The host's end of the streams of one task. */
  interface StreamEnd {
      /** The task has sent an item. */
      item(item: unknown): void;
      /** The task has sent what is no item. */
      damaged(error: unknown): void;
      /** The task wants `count` items more of the stream it was given in place of that parameter; 0: none any more. */
      pulled(input: number, count: number): void;
      /** What waited on its way to the task no longer does. */
      forwarded(input: number): void;
  }
  /**
   * The tasks that have not settled, by ticket. A ticket is an index into parallel arrays: no object per task. It is
   * given out again once the task has settled; there is room for the most tasks there were since it was idle. The
   * functions are in pages: one array that grows would leave copies of itself behind, as large again, until V8 gets to them.
   *
   * A promise with both of its functions takes 216 bytes, with one 160: only `resolve` is kept, which can reject too.
   */
  class PendingTasks {
      #private;
      /** Number of tasks pending. */
      size: number;
      /** So many pending are too many. */
      highMark: number;
      /** There were too many, and there are not few enough yet. */
      crowded: boolean;
      /** Called when there are too many. */
      onCrowded: () => void;
      /** Number of tasks that were ever fulfilled. */
      completed: number;
      /** Number of tasks that were ever rejected. */
      rejected: number;
      /** Takes a ticket for the promise that `resolve` settles. */
      add(resolve: Settle, functionId: number): number;
      /** Attaches signal and progress listener to a pending task, and its id, which nobody else has. */
      attach(ticket: number, extras: TaskExtras): void;
      /** Notes what the driver will not know of a task: it is told what is left of that. */
      setQueueTimeout(ticket: number, queueTimeout: number): void;
      /** The pending task of this id. */
      ticketOf(id: string): number | undefined;
      /** What {@link attach} left. */
      extrasOf(ticket: number): TaskExtras | undefined;
      /** The function a pending task calls. */
      functionOf(ticket: number): number;
      /** Settles as fulfilled and gives the ticket back. */
      resolve(ticket: number, value: unknown): void;
      /** Settles as rejected, one turn of the microtasks later, and gives the ticket back. */
      reject(ticket: number, reason: unknown): void;
      /** True for a ticket that is out. Anything else in an event would be a fault of the driver. */
      has(ticket: number): boolean;
      /** Rejects all. The tickets are not given back: the driver may still speak of them. */
      rejectAll(reason: unknown): void;
  }

  /** A line that a worker, or the zygote, has printed; only where the pool reads that (`stdio: 'pipe'`). */
  interface OutputInfo {
      /** The pool's number for the worker; undefined: the zygote has printed it. */
      readonly workerId: number | undefined;
      /** Process id of the worker. */
      readonly pid: number | undefined;
      /** The task that has printed it, as `current.id` has it there; undefined if no task has, or nobody knows which. */
      readonly taskId: string | undefined;
      /** The export that the task has called. */
      readonly taskName: string | undefined;
      /** Where it was printed. */
      readonly stream: 'stdout' | 'stderr';
      /** Without its end. */
      readonly line: string;
      /** The line is longer than 64 KiB, and the next one goes on with it. */
      readonly continues?: true;
      /** Lines left out before this one, since this process took none for too long. */
      readonly dropped?: number;
  }

  /** A worker in an event of the pool. */
  interface WorkerInfo {
      /** The pool's number for the worker. */
      readonly workerId: number;
      /** Its process id. */
      readonly pid: number;
  }
  /** How a worker is. */
  interface WorkerHealthInfo extends WorkerInfo {
      /** `'stopped'` or `'blocked'` now, or one of the others after it was. */
      readonly health: WorkerHealth;
  }
  /** How a worker ended. */
  interface WorkerExitInfo extends WorkerInfo {
      /** Exit code, unless it was killed by a signal, or its zygote had died and nobody knows. */
      readonly exitCode: number | undefined;
      /** Name of the signal that killed it. */
      readonly signal: string | undefined;
      /**
       * True if nobody asked it to leave; also if the pool killed it by `health`, or for its memory. False if it was killed for a task
       * that did not stop when it was cancelled or its time was up.
       */
      readonly crashed: boolean;
      /** What else is known if it crashed; also in `pool.crashes`. */
      readonly crash?: CrashInfo;
  }
  /** A change of the number of workers, or why there is none. */
  interface ScaleInfo {
      /** Workers that took tasks, or were about to. */
      readonly from: number;
      /** Workers that do so now. The same as `from`: tasks wait, but more workers would be of no use, or are not to be had. */
      readonly to: number;
      /**
       * `'start'`: the minimum is started. `'queue-wait'`: tasks wait, or would, for longer than `targetQueueWait`. `'idle'`: a
       * worker had nothing to do for long enough. `'resize'`: somebody called `pool.resize()`. `'reload'`: a worker of the new
       * generation is beside an old one, or has taken its place. `'exit'`: a worker has ended and is not needed. `'cpu'`,
       * `'memory'`: what stands against another worker.
       */
      readonly reason: 'start' | 'queue-wait' | 'idle' | 'resize' | 'reload' | 'exit' | 'cpu' | 'memory';
  }
  /** What a reload has led to. */
  interface ReloadInfo {
      /** Version of the code that all workers run, as `pool.stats().generation`. */
      readonly generation: number;
  }
  /** A worker that has come to a limit, or was to be replaced, and whose place another one has taken. */
  interface RecycleInfo extends WorkerInfo {
      /** The option that set the limit; `'request'`: somebody called `pool.recycle()`. */
      readonly reason: 'maxTasks' | 'maxAge' | 'maxRss' | 'request';
      /** Tasks it has ended. */
      readonly completed: number;
      /** Milliseconds since it began to take tasks. */
      readonly age: number;
      /** Bytes of memory of its own, as in the statistics. Only with `maxRss`. */
      readonly rss: number | undefined;
  }
  /** Something that works, but not as was meant: such as `spawn` where `fork` was to be. */
  interface PoolWarning {
      /** What it is about, such as `'start-method'`, or `'zygote'` if that has died and another one is started. */
      readonly type: string;
      /** What it is, why, and what to do. */
      readonly message: string;
      /** The error behind it, if there is one. */
      readonly error?: HatcheryError;
  }
  /** Events of a Pool, with the arguments of their listeners. */
  interface PoolEvents {
      /** The pool can run tasks: its first worker is up or, with `minWorkers: 0`, could be started. Also the `ready` promise. */
      ready: [];
      /** The pool failed for good; every task is rejected with the same error. */
      error: [error: HatcheryError];
      /** A worker takes tasks from now on. */
      workerStarted: [worker: WorkerInfo];
      /** A worker is gone, in whatever way. */
      workerExited: [worker: WorkerExitInfo];
      /** A worker has been found stopped or blocked, or is no longer. */
      workerHealth: [worker: WorkerHealthInfo];
      /** A worker that has come to a limit, or was to be replaced, runs nothing any more and is told to leave. `workerExited` follows. */
      recycle: [worker: RecycleInfo];
      /** Something works, but not as was meant. Without a listener it is a warning of the process. */
      warning: [warning: PoolWarning];
      /** All workers run the code of the last `reload()`. */
      reload: [reload: ReloadInfo];
      /** As many tasks wait as `queueHighWaterMark` says: `pool.needsDrain` is true. */
      needsDrain: [];
      /** Fewer tasks wait than `queueLowWaterMark` says, after there were too many; or no task is pending any more. */
      drain: [];
      /** A worker, or the zygote, has printed a line, and the pool reads that (`stdio: 'pipe'`). */
      output: [output: OutputInfo];
      /** The number of workers changes, or should and cannot. */
      scale: [change: ScaleInfo];
      /** The pool is closed; nothing of it is left. */
      close: [];
  }

  /** The death of a worker that nobody had asked to go, and that was not killed for a task that did not stop. */
  interface CrashInfo {
      /** When it was known. */
      readonly at: Date;
      /** The pool's number for the worker. */
      readonly workerId: number;
      /** Its process id; 0 if it never had one. */
      readonly pid: number;
      /** Exit code, unless it was killed by a signal, or nobody knows. */
      readonly exitCode: number | undefined;
      /** Name of the signal that killed it. */
      readonly signal: string | undefined;
      /** The code of the error that its tasks have got, or would have. */
      readonly code: HatcheryErrorCode | undefined;
      /** How it died, in words. */
      readonly message: string;
      /** The task to blame, as `current.id` has it: the only one that ran. */
      readonly taskId: string | undefined;
      /** The export that the task called. */
      readonly taskName: string | undefined;
      /** The end of its standard error, at most 20 lines or 8 KiB; only with `stdio: { stderr: 'pipe' }`, and if there was any. */
      readonly stderr: string | undefined;
  }

  export { Pool as P, Quarantine as Q, SharedBytes as ak };
  export type { ResolvedLoggingPoolOptions as $, AllocOptions as A, BackoffOptions as B, CgroupOptions as C, QuarantinedTask as D, QueuePolicy as E, QueuePoolOptions as F, RecoverableFailure as G, HealthCheck as H, ItemIterator as I, RecoveryByCode as J, RecoveryFunction as K, LifeCycleOptions as L, MapOptions as M, RecoveryPoolOptions as N, OutputInfo as O, RecoverableCode as R, RecoveryStrategy as S, RecoveryTable as T, RecycleInfo as U, ReloadInfo as V, ReloadOptions as W, RerunOptions as X, ResolvedHealthOptions as Y, ResolvedLifeCycleOptions as Z, ResolvedLimitOptions as _, ChannelMessages as a, ResolvedPoolDeadlineOptions as a0, ResolvedPoolHealthOptions as a1, ResolvedPoolObserveOptions as a2, ResolvedPoolOptions as a3, ResolvedQueuePoolOptions as a4, ResolvedRecoveryOptions as a5, ResolvedSandboxOptions as a6, ResolvedScaling as a7, ResolvedScalingPoolOptions as a8, ResolvedTracingPoolOptions as a9, WorkerReadyInfo as aA, RlimitOptions as aa, RssLimits as ab, RunOptions as ac, RunSyncOptions as ad, SandboxFsOptions as ae, SandboxOptions as af, SandboxPoolOptions as ag, ScaleInfo as ah, ScalingOptions as ai, ScalingPoolOptions as aj, StdioTarget as al, StreamOptions as am, StreamSource as an, StreamTask as ao, Task as ap, TaskIterator as aq, TaskMessage as ar, TaskOptions as as, TaskRetry as at, TaskStreamOptions as au, Tasks as av, TracingPoolOptions as aw, WorkerExitInfo as ax, WorkerHealthInfo as ay, WorkerInfo as az, CloseOptions as b, CloseReport as c, ConfigureOption as d, ConfigureOptions as e, CrashInfo as f, HealthOptions as g, LimitOptions as h, LogLevel as i, LogMethod as j, LoggingPoolOptions as k, MetricFamily as l, MetricSample as m, MetricsOptions as n, PoolDeadlineOptions as o, PoolEvents as p, PoolHandle as q, PoolHealth as r, PoolHealthOptions as s, PoolLogger as t, PoolMessage as u, PoolObserveOptions as v, PoolOptions as w, PoolSize as x, PoolWarning as y, Priority as z };
}

declare module 'hatchery/internal/move.d' {
  /**
   * Marks a task, or what a task returns, as moved: once it is sent, its memory is taken away from the sender, whose views
   * on it are empty then. Only for a task or argument as such, or what a task returns, yields or reports; within another value it
   * is refused, and `transferList` says the same. Between processes ordinary memory is copied all the same, but no longer
   * held twice; memory of `pool.alloc()` really moves.
   *
   * @param value an ArrayBuffer, or a view on one
   */
  function move<T extends ArrayBuffer | ArrayBufferView>(value: T): T;

  export { move as m };
}

declare module 'hatchery/internal/stats.d' {
  import { inspect, InspectOptions } from 'node:util';

  /**
   * Every code a {@link HatcheryError} can carry, each with the moment it is raised.
   *
   * Codes are part of the public API: they are added, never renamed.
   */
  const ERROR_CODES: {
      /** An option of the pool, of `run` or of `map` has the wrong type or is out of range. */
      readonly INVALID_OPTION: "ERR_HATCHERY_INVALID_OPTION";
      /** A port or socket that was to be served has a listener already; the message names it. */
      readonly ADDRESS_IN_USE: "ERR_HATCHERY_ADDRESS_IN_USE";
      /** A configuration file, or an environment variable that overrides it, is no good; `problems` has all that is wrong. */
      readonly INVALID_CONFIG: "ERR_HATCHERY_INVALID_CONFIG";
      /** A pending task of this pool has the same `id`. */
      readonly DUPLICATE_ID: "ERR_HATCHERY_DUPLICATE_ID";
      /** The worker file does not exist; raised at the call that names it. */
      readonly WORKER_FILE_NOT_FOUND: "ERR_HATCHERY_WORKER_FILE_NOT_FOUND";
      /** The worker module threw, or ended the process, while it was loaded in the worker. */
      readonly WORKER_MODULE_FAILED: "ERR_HATCHERY_WORKER_MODULE_FAILED";
      /** The worker module exports no function of that name. */
      readonly TASK_UNKNOWN: "ERR_HATCHERY_TASK_UNKNOWN";
      /** A task called by `stream` returned what cannot be iterated. */
      readonly NOT_ITERABLE: "ERR_HATCHERY_NOT_ITERABLE";
      /** A value cannot be cloned. */
      readonly DATA_CLONE: "ERR_HATCHERY_DATA_CLONE";
      /** The pool is closed or closing. */
      readonly POOL_CLOSED: "ERR_HATCHERY_POOL_CLOSED";
      /** The pool gave up: a strategy said so, or the driver broke. */
      readonly POOL_FAILED: "ERR_HATCHERY_POOL_FAILED";
      /** `reload()` while another one is under way. */
      readonly RELOAD_IN_PROGRESS: "ERR_HATCHERY_RELOAD_IN_PROGRESS";
      /** The task ran past its deadline. */
      readonly TASK_TIMEOUT: "ERR_HATCHERY_TASK_TIMEOUT";
      /** No worker began the task within its `queueTimeout`; it never ran. */
      readonly QUEUE_TIMEOUT: "ERR_HATCHERY_QUEUE_TIMEOUT";
      /** The task's AbortSignal fired, or `pool.cancel` was called. */
      readonly TASK_CANCELLED: "ERR_HATCHERY_TASK_CANCELLED";
      /** The task's worker was killed because another task that it had begun did not stop in time (`concurrency` > 1). */
      readonly WORKER_LOST: "ERR_HATCHERY_WORKER_LOST";
      /** The task's worker was stopped, or blocked by the task, for longer than the pool's `health` allows, and was killed. */
      readonly WORKER_UNRESPONSIVE: "ERR_HATCHERY_WORKER_UNRESPONSIVE";
      /** The task's worker left by `process.exit`. */
      readonly WORKER_EXITED: "ERR_HATCHERY_WORKER_EXITED";
      /** The task's worker was killed by a signal. */
      readonly WORKER_SIGNALLED: "ERR_HATCHERY_WORKER_SIGNALLED";
      /** The task's worker ended; how is not known, since the zygote, its parent, had died before. */
      readonly WORKER_ENDED: "ERR_HATCHERY_WORKER_ENDED";
      /** The task's worker called `process.abort`. */
      readonly WORKER_ABORTED: "ERR_HATCHERY_WORKER_ABORTED";
      /** The task's worker reached its heap limit. */
      readonly WORKER_OUT_OF_MEMORY: "ERR_HATCHERY_WORKER_OUT_OF_MEMORY";
      /** The task's worker wrote something into its lane that no worker writes. */
      readonly WORKER_LANE_CORRUPT: "ERR_HATCHERY_WORKER_LANE_CORRUPT";
      /** The task has run, and what it has sent back is lost: this process had no file descriptor left to receive it by. */
      readonly RESULT_LOST: "ERR_HATCHERY_RESULT_LOST";
      /** Too many workers have died under the task, which is not run again and is kept in `pool.quarantine`. */
      readonly QUARANTINED: "ERR_HATCHERY_QUARANTINED";
      /** The pool gave up: more than `maxRestarts` workers died within `restartWindow`. */
      readonly RESTART_LIMIT: "ERR_HATCHERY_RESTART_LIMIT";
      /** A worker did not come up. */
      readonly WORKER_START_FAILED: "ERR_HATCHERY_WORKER_START_FAILED";
      /** The zygote holds something that must not be forked, and `startMethod: 'fork'` was demanded. */
      readonly FORK_UNSAFE: "ERR_HATCHERY_FORK_UNSAFE";
      /** A `preload` module threw or left while it was loaded, or its `init` did. */
      readonly PRELOAD_FAILED: "ERR_HATCHERY_PRELOAD_FAILED";
      /** No native binary for this platform, or the platform refuses what the pool needs. */
      readonly PLATFORM_UNSUPPORTED: "ERR_HATCHERY_PLATFORM_UNSUPPORTED";
      /** The kernel lacks what the option `sandbox` asks for; raised by `new Pool()`, and the message names it. */
      readonly SANDBOX_UNSUPPORTED: "ERR_HATCHERY_SANDBOX_UNSUPPORTED";
      /** As many tasks wait as `maxQueue` allows. */
      readonly QUEUE_FULL: "ERR_HATCHERY_QUEUE_FULL";
      /** The queue was full, and the task had waited longest of the lowest priority (`queuePolicy: 'drop-oldest'`). */
      readonly QUEUE_DROPPED: "ERR_HATCHERY_QUEUE_DROPPED";
      /** The memory of `pool.alloc()`, or of large tasks, would grow past `maxSharedMemory`. */
      readonly SHARED_MEMORY_FULL: "ERR_HATCHERY_SHARED_MEMORY_FULL";
      /** This process has no file descriptor left for another piece of memory of `pool.alloc()`. */
      readonly OUT_OF_DESCRIPTORS: "ERR_HATCHERY_OUT_OF_DESCRIPTORS";
      /** A lane could not be made or mapped. */
      readonly LANE: "ERR_HATCHERY_LANE";
      /** Zygote or worker sent a message that is not of the protocol. */
      readonly PROTOCOL: "ERR_HATCHERY_PROTOCOL";
      /** The log file cannot be opened; the message says why. */
      readonly LOG_FILE: "ERR_HATCHERY_LOG_FILE";
      /** The kernel refused a system call; the message names it. */
      readonly SYSTEM: "ERR_HATCHERY_SYSTEM";
      /** Bytes from a worker are no valid encoding. */
      readonly BAD_ENCODING: "ERR_HATCHERY_BAD_ENCODING";
      /** Daemon, metrics or health cannot be served there: no permission, no such folder, a file in its place. */
      readonly ADDRESS_UNAVAILABLE: "ERR_HATCHERY_ADDRESS_UNAVAILABLE";
      /** A request to the daemon that it cannot make sense of. */
      readonly BAD_REQUEST: "ERR_HATCHERY_BAD_REQUEST";
      /** A request to the daemon has no token, or the wrong one. */
      readonly UNAUTHORIZED: "ERR_HATCHERY_UNAUTHORIZED";
      /** A request to the daemon that came by way of another site, through a browser. */
      readonly FORBIDDEN: "ERR_HATCHERY_FORBIDDEN";
      /** The daemon has no such task, worker or path; results are kept for a limited time. */
      readonly NOT_FOUND: "ERR_HATCHERY_NOT_FOUND";
      /** A request to the daemon is larger than `max_body_size`. */
      readonly BODY_TOO_LARGE: "ERR_HATCHERY_BODY_TOO_LARGE";
      /** The daemon takes no tasks for now: it was told to be quiet. */
      readonly QUIET: "ERR_HATCHERY_QUIET";
      /** The client cannot reach the daemon, or has lost it. */
      readonly UNREACHABLE: "ERR_HATCHERY_UNREACHABLE";
      /** `client.wait` has not seen the task settle within its `timeout`; the task goes on. */
      readonly WAIT_TIMEOUT: "ERR_HATCHERY_WAIT_TIMEOUT";
      /** A line of the input of `hatchery run` is not what it was said to be. */
      readonly BAD_INPUT: "ERR_HATCHERY_BAD_INPUT";
  };
  /** Short names of the codes: `'TASK_TIMEOUT'`, … */
  type ErrorName = keyof typeof ERROR_CODES;
  /** The `code` of a {@link HatcheryError}. */
  type HatcheryErrorCode = (typeof ERROR_CODES)[ErrorName];

  /** One failed attempt at a task. */
  interface AttemptInfo {
      /** Which one; 1 is the first. */
      readonly attempt: number;
      /** The pool's number for the worker. */
      readonly workerId: number;
      /** Process id the worker had. */
      readonly pid: number;
      /** How it failed: an error code, or `'thrown'` if the task threw an error. */
      readonly code: HatcheryErrorCode | 'thrown';
      /** Says it in words. */
      readonly message: string;
      /** Exit code of the worker. */
      readonly exitCode?: number;
      /** Name of the signal that ended the worker. */
      readonly signal?: string;
      /** Tasks that ran in the worker as it died, if there were several: which one was to blame is not known. */
      readonly suspects?: number;
      /** When it was known. */
      readonly at: Date;
  }
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
      /** Tasks that ran in the worker as it died, if there were several: which one was to blame is not known. */
      suspects?: number | undefined;
      /** Export that the task called for which the worker had to be killed. */
      blamedTask?: string | undefined;
      /** The end of what the worker, or zygote, has written to standard error; only with `stdio: { stderr: 'pipe' }`. */
      stderr?: string | undefined;
      /** The task's id in `pool.quarantine`. */
      quarantineId?: number | undefined;
      /** All attempts at the task, oldest first, if there was more than one. Of very many, the first and the latest. */
      attempts?: readonly AttemptInfo[] | undefined;
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
      /** {@inheritDoc HatcheryErrorDetails.suspects} */
      readonly suspects?: number;
      /** {@inheritDoc HatcheryErrorDetails.blamedTask} */
      readonly blamedTask?: string;
      /** {@inheritDoc HatcheryErrorDetails.stderr} */
      readonly stderr?: string;
      /** {@inheritDoc HatcheryErrorDetails.quarantineId} */
      readonly quarantineId?: number;
      /** {@inheritDoc HatcheryErrorDetails.attempts} */
      readonly attempts?: readonly AttemptInfo[];
      /**
       * @param code one of {@link ERROR_CODES}
       * @param message says what happened and what to do
       * @param details facts about the event
       * @param options the standard `{ cause }`
       */
      constructor(code: HatcheryErrorCode, message: string, details?: HatcheryErrorDetails, options?: ErrorOptions);
  }

  /** What a native pool is told when it is made. ARCHITECTURE.md says what becomes of it. */
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
  /** What the native pool is told at construction. Times are milliseconds. */
  interface NativePoolOptions {
      startMethod: StartMethod;
      minWorkers: number;
      maxWorkers: number;
      spares: number;
      /** Tasks one worker runs at a time. */
      concurrency: number;
      /** An idle worker above `minWorkers` leaves after this long; 0 = never. */
      idleTimeout: number;
      /** Until a task begins; 0 = any. */
      queueTimeout: number;
      health: NativeHealthOptions;
      /** From the cooperative end of a task (cancel, deadline) to SIGKILL. */
      killGrace: number;
      startTimeout: number;
      nodePath: string;
      execArgv: string[];
      /** `undefined`: the host's environment. */
      env: Record<string, string> | undefined;
      zygotePath: string;
      workerPath: string;
      /** JSON `{filename, preload, concurrency, workerData?: base64}`, handed to zygote and workers. */
      config: string;
      stdout: 'inherit' | 'ignore' | 'pipe';
      stderr: 'inherit' | 'ignore' | 'pipe';
      /** Bytes that all segments may take up. */
      maxSharedMemory: number;
      sharedMemoryPolicy: 'wait' | 'reject';
      affinity: Affinity;
      scaling: NativeScalingOptions;
      queue: NativeQueueOptions;
      limits: NativeLimits;
      recovery: NativeRecoveryOptions;
      sandbox: NativeSandbox;
      observe: NativeObserveOptions;
      logging: NativeLogging;
  }
  /** What the core tells of its life. */
  interface NativeLogging {
      /** From this level on; `undefined`: nothing, until another one is set. */
      level: string | undefined;
      /** False: nothing, ever. */
      wanted: boolean;
  }
  /** Pauses, in milliseconds. */
  interface NativeBackoff {
      readonly initial: number;
      readonly factor: number;
      readonly max: number;
      readonly jitter: number;
  }
  /** What is done about failures of one code; `asks`: JavaScript has the last word. */
  interface NativeRule {
      readonly code: string;
      readonly strategy: string;
      readonly asks: boolean;
  }
  /** What is done after failures. */
  interface NativeRecoveryOptions {
      retryBackoff: NativeBackoff;
      /** 0: any number. */
      maxCrashes: number;
      quarantineSize: number;
      /** 0xffff_ffff: any number. */
      maxRestarts: number;
      restartWindow: number;
      restartBackoff: NativeBackoff;
      rules: NativeRule[];
      /** JavaScript has the last word on every failure. */
      asks: boolean;
  }
  /** What is recorded for observers. */
  interface NativeObserveOptions {
      readonly recordTiming: boolean;
  }
  /** What workers may do; what is false is taken from them before any task. */
  interface NativeSandbox {
      /** Absolute paths with all below them; `undefined`: any. */
      files: {
          read: string[];
          write: string[];
      } | undefined;
      net: boolean;
      exec: boolean;
      signals: boolean;
  }
  /** Limits per worker. Bytes, milliseconds, seconds of processor time; what is not there is not limited. */
  interface NativeLimits {
      maxTasks: number | undefined;
      maxAge: number | undefined;
      maxRssSoft: number | undefined;
      maxRssHard: number | undefined;
      files?: number | undefined;
      cpu?: number | undefined;
      core?: number | undefined;
      fileSize?: number | undefined;
      nice: number | undefined;
      oomScoreAdj: number | undefined;
      /** A control group for each worker, below `path` or, without it, the nearest group that allows it. */
      cgroup: {
          path: string | undefined;
          memoryMax?: number | undefined;
          memoryHigh?: number | undefined;
          /** Processors. */
          cpuMax?: number | undefined;
          pidsMax?: number | undefined;
      } | undefined;
  }
  /** When workers are added. Shares are from 0 to 1, or infinite. */
  interface NativeScalingOptions {
      targetQueueWait: number;
      interval: number;
      upCooldown: number;
      maxCpu: number;
      maxMemory: number;
  }
  /** How many tasks may wait. */
  interface NativeQueueOptions {
      /** Beyond those that the pool could run at once. */
      maxQueue: number;
      /** Any but `'drop-oldest'` refuses. */
      policy: string;
      ageing: number;
  }
  /** Milliseconds; 0 = never. */
  interface NativeHealthOptions {
      interval: number;
      stoppedTimeout: number;
      unresponsiveTimeout: number;
      blockedTimeout: number;
  }

  /** How long things took, in milliseconds: `perf_hooks` histograms as piscina sums them up, to within 2 %. */
  interface TimeSummary {
      /** As `mean`. */
      readonly average: number;
      /** The sum of all, by their number. */
      readonly mean: number;
      /** Standard deviation. */
      readonly stddev: number;
      /** The shortest. */
      readonly min: number;
      /** The longest. */
      readonly max: number;
      /** 0.001 % took at most this long. */
      readonly p0_001: number;
      /** 0.01 % took at most this long. */
      readonly p0_01: number;
      /** 0.1 % took at most this long. */
      readonly p0_1: number;
      /** 1 % took at most this long. */
      readonly p1: number;
      /** 2.5 % took at most this long. */
      readonly p2_5: number;
      /** 10 % took at most this long. */
      readonly p10: number;
      /** 25 % took at most this long. */
      readonly p25: number;
      /** The median. */
      readonly p50: number;
      /** 75 % took at most this long. */
      readonly p75: number;
      /** 90 % took at most this long. */
      readonly p90: number;
      /** 95 % took at most this long. */
      readonly p95: number;
      /** 97.5 % took at most this long. */
      readonly p97_5: number;
      /** 99 % took at most this long. */
      readonly p99: number;
      /** 99.9 % took at most this long. */
      readonly p99_9: number;
      /** 99.99 % took at most this long. */
      readonly p99_99: number;
      /** 99.999 % took at most this long. */
      readonly p99_999: number;
      /** How many there were; all else is 0 if there were none. */
      readonly count: number;
  }
  /** How long things took of late: since a look at `pool.histogram.recent` that was a minute ago. */
  interface RecentTimes {
      /**
       * Milliseconds since then: some seconds more than a minute at most. The pool's age if it is younger; more if nobody has
       * looked for so long.
       */
      readonly window: number;
      /** As `pool.histogram.waitTime`. */
      readonly waitTime: TimeSummary;
      /** As `pool.histogram.runTime`. */
      readonly runTime: TimeSummary;
  }
  /**
   * How long tasks waited and ran, in all threads that use the pool, since it was made or since the last reset. Each look at
   * `waitTime` or `runTime` is a new snapshot. With `recordTiming: false` all figures are 0. Once the pool is closed they stay as
   * they were. What ended within the last moment may be missing: a worker notes it when it has sent the result.
   */
  class PoolHistogram {
      #private;
      /** From the submission of a task until a worker began it; for another attempt, from when it was queued again. */
      get waitTime(): TimeSummary;
      /** From when a worker began a task until it had written the result, or died under it. */
      get runTime(): TimeSummary;
      /**
       * Both of about the last minute, if somebody looks at this now and then; resets do not matter here. Undefined once the pool
       * is closed.
       */
      get recent(): RecentTimes | undefined;
      /** Has `waitTime` begin anew, for all who look at it. */
      resetWaitTime(): void;
      /** Has `runTime` begin anew, for all who look at it. `utilization` goes on. */
      resetRunTime(): void;
      /** Both summaries. */
      toJSON(): {
          waitTime: TimeSummary;
          runTime: TimeSummary;
      };
      /** What `console.log` shows: the figures that are mostly looked at. */
      [inspect.custom](_depth: number, options: InspectOptions): string;
  }

  /** How a worker is. */
  type WorkerHealth = 'starting' | 'idle' | 'busy' | 'blocked' | 'stopped';
  /** A task that a worker has begun and whose end has not been heard of. */
  interface CurrentTask {
      /** The `id` it was given; only of tasks of this thread. */
      readonly id?: string;
      /** The export that it calls. */
      readonly name: string;
      /** URL of its module; absent: that of the pool. */
      readonly filename?: string;
      /** Which attempt it is, 1 = the first. */
      readonly attempt: number;
      /** The level it was submitted with. */
      readonly priority: 'high' | 'normal' | 'low';
      /**
       * Milliseconds that it has been running for: exactly with a `timeout`, else at most so many, since it is counted from
       * when its worker last ended a task or was given one while it had none.
       */
      readonly duration: number;
  }
  /**
   * Why a worker was replaced. Those that leave since fewer are needed are not.
   *
   * - `exited`, `signalled`, `aborted`, `out-of-memory`: it died of that
   * - `overdue`, `unresponsive`, `lane-corrupt`: it was killed, since a task did not stop in time, since it was stopped or
   *   blocked for too long, or since it wrote what cannot be
   * - `start-failed`: it did not come up
   * - `max-tasks`, `max-age`, `max-memory`: it had come to that limit
   * - `request`, `reload`, `recovery`: by `pool.recycle()`, by `pool.reload()`, and by a recovery strategy
   */
  type RestartReason = 'exited' | 'signalled' | 'aborted' | 'out-of-memory' | 'overdue' | 'unresponsive' | 'lane-corrupt' | 'start-failed' | 'max-tasks' | 'max-age' | 'max-memory' | 'request' | 'reload' | 'recovery';
  /** How often each was the reason; those that never were are missing. */
  type RestartCounts = {
      readonly [reason in RestartReason]?: number;
  };
  /** One worker, as the driver sees it. */
  interface WorkerStats {
      /** The pool's number for the worker. */
      readonly id: number;
      /** Its place in the pool, from 0: the worker that replaces it takes the same. */
      readonly place: number;
      /** Process id; 0 until it has one. */
      readonly pid: number;
      /** Where it is in its life. */
      readonly state: 'created' | 'starting' | 'running' | 'stopped' | 'crashed';
      /** As of the last look at it, see `health`: `blocked` neither computes nor turns, `stopped` was stopped by a signal. */
      readonly health: WorkerHealth;
      /** It waits to take the place of another one. */
      readonly spare: boolean;
      /** It gets no more tasks, and leaves when it has ended those it has. */
      readonly leaving: boolean;
      /** Version of the code that it runs. */
      readonly generation: number;
      /** Tasks it has, begun or not. */
      readonly inFlight: number;
      /** Those of them that it has begun, as far as is known. */
      readonly tasks: readonly CurrentTask[];
      /** Tasks it has ended. */
      readonly completed: number;
      /** How many tasks may lie ready for it. */
      readonly window: number;
      /** Milliseconds since it began to take tasks. */
      readonly age: number;
      /** Share of that time that it spent in tasks, from 0 to 1; with `concurrency`, of so many times that time. */
      readonly utilization: number;
      /** Workers that had its place before, and were replaced. */
      readonly restarts: number;
      /** … by reason. */
      readonly restartReasons: RestartCounts;
      /** Resident memory in bytes, what it shares with the zygote and other workers included. Absent once it is gone. */
      readonly rss?: number;
      /** Its proportional share (PSS) in bytes: what several processes share counts in parts. Only with `memory: true`. */
      readonly pss?: number;
      /** Seconds of processor time since its start. Absent once it is gone. */
      readonly cpu?: number;
      /** Bytes that the memory takes up which it shares with the host for tasks and results. */
      readonly laneMemory: number;
      /**
       * Bytes of memory that it shares with no other process, when that was last looked at: exact above `maxRss`, and below
       * it at most so many. Only with `maxRss`.
       */
      readonly ownMemory?: number;
  }
  /** What the driver counts, for all threads that use the pool. Counts are since creation. */
  interface DriverStats {
      /** How workers come to be here. */
      readonly startMethod: Exclude<StartMethod, 'auto'>;
      /** Why it is not the one that was asked for; `null`: it is. */
      readonly startMethodReason: string | null;
      /** Version of the code that new workers run: 1 at first, one more with each `reload()`. */
      readonly generation: number;
      /** Zygotes that have died and were replaced. */
      readonly zygoteRestarts: number;
      /** Tasks accepted, those kept back by this thread (`queuePolicy: 'wait'`) included. */
      readonly submitted: number;
      /** Tasks that returned, whichever thread has submitted them; those of this one: `pool.completed`. */
      readonly completed: number;
      /** Tasks that threw. */
      readonly failed: number;
      /** Tasks cancelled by their signal, or by `pool.cancel`. */
      readonly cancelled: number;
      /** Tasks that ran, or waited, past their limit. */
      readonly timedOut: number;
      /** Tasks lost to the death of their worker or the end of the pool. */
      readonly lost: number;
      /** Tasks dropped from the full queue for newer ones. */
      readonly dropped: number;
      /** Tasks that have killed too many workers (`maxCrashes`). */
      readonly quarantined: number;
      /** Attempts beyond the first. */
      readonly retried: number;
      /** Of the tasks queued, those that are kept back by this thread (`queuePolicy: 'wait'`). */
      readonly created: number;
      /** Tasks that wait for a worker, or are kept back by this thread (`queuePolicy: 'wait'`). */
      readonly queued: number;
      /** … by priority. */
      readonly queues: {
          readonly high: number;
          readonly normal: number;
          readonly low: number;
      };
      /** Milliseconds that tasks begun lately had waited, by priority, or that those there have, if that is more. */
      readonly waits: {
          readonly high: number;
          readonly normal: number;
          readonly low: number;
      };
      /** Tasks that wait for room in `maxSharedMemory`. */
      readonly starved: number;
      /** Tasks that wait for their next attempt, or for a decision of `recovery`. */
      readonly aside: number;
      /** Tasks that may be queued; `null`: any number, or as many as are kept back by `queuePolicy: 'wait'`. */
      readonly queueCapacity: number | null;
      /** Tasks handed to workers. */
      readonly running: number;
      /** Whether times are recorded; if not, `waitTime`, `runTime` and `utilization` are all 0. */
      readonly recordTiming: boolean;
      /** As `pool.histogram.waitTime`. */
      readonly waitTime: TimeSummary;
      /** As `pool.histogram.runTime`. */
      readonly runTime: TimeSummary;
      /** As `pool.utilization`. */
      readonly utilization: number;
      /** When a task last returned or threw, in milliseconds since 1970; `null`: none has. */
      readonly lastCompleted: number | null;
      /** Pieces of memory of `pool.alloc()` that somebody holds: host, task or worker. */
      readonly segments: number;
      /** Their bytes. */
      readonly sharedMemoryUsed: number;
      /** `maxSharedMemory`. */
      readonly sharedMemoryCapacity: number;
      /** Workers ever started. */
      readonly workersStarted: number;
      /** Workers that died unasked. Those that were killed for a task that did not stop are in `restarts`, as `overdue`. */
      readonly workersCrashed: number;
      /** Seconds of processor time of all workers, those that are gone included. It never becomes less. */
      readonly workersCpuSeconds: number;
      /** Workers that were replaced, by reason. */
      readonly restarts: RestartCounts;
      /** How long workers took to come up, from the request to their first word, by start method. */
      readonly startTimes: {
          readonly fork: TimeSummary;
          readonly spawn: TimeSummary;
      };
      /** How often a worker's ring had no room for a task, or for a result. */
      readonly ringFull: number;
      /** The workers there are. */
      readonly workers: readonly WorkerStats[];
  }
  /** Options of `pool.stats()`. */
  interface StatsOptions {
      /**
       * Whether to ask for the proportional share of memory of each worker (`pss`), for which the kernel walks all of its pages:
       * some milliseconds for 100 MB. Default false.
       */
      readonly memory?: boolean | undefined;
  }
  /** What `pool.stats()` returns: a snapshot. Once the pool is closed the figures stay as they were at its end. */
  interface PoolStats extends DriverStats {
      /** Tasks that this thread has submitted, and that are not settled. */
      readonly pending: number;
      /**
       * Tasks that this thread has submitted, and that were rejected, for whatever reason. Those of all threads: `failed`,
       * `cancelled`, `timedOut`, `lost`, `dropped` and `quarantined` together.
       */
      readonly rejected: number;
  }

  export { ERROR_CODES as E, HatcheryError as H, PoolHistogram as P };
  export type { Affinity as A, CurrentTask as C, DriverStats as D, NativePoolOptions as N, RecentTimes as R, StartMethod as S, TimeSummary as T, WorkerHealth as W, AttemptInfo as a, HatcheryErrorCode as b, HatcheryErrorDetails as c, PoolStats as d, RestartCounts as e, RestartReason as f, StatsOptions as g, WorkerStats as h };
}

declare module 'hatchery/logging' {
  import { Logger } from 'pino';

  /** Names of levels, from the least to the most important, and none at all. */
  const LEVELS: readonly ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
  /**
   * A size in bytes, or with a unit, as in a configuration file: `'10MB'` is ten million, `'10MiB'` 10 times 1024². `'64k'`,
   * `'10m'`, `'1g'` are powers of 1024, too. `Infinity`: any.
   */
  type LogSize = number | string;
  /** Bounds of a log file. */
  interface RotationOptions {
      /** What a file may have before it is put aside. Default 10 MiB. */
      maxSize?: LogSize | undefined;
      /** Files kept beside the one that is written: `pool.log.1` is the latest. 0: what is full is removed. Default 5. */
      maxFiles?: number | undefined;
  }
  /** Options of {@link createLogger}. */
  interface LoggerOptions extends RotationOptions {
      /** What is less important is left out. Default `'info'`. */
      level?: (typeof LEVELS)[number] | undefined;
      /** Where entries go, one JSON object a line. Default: standard output. */
      file?: string | undefined;
      /** In each entry. Default: none. */
      name?: string | undefined;
      /** Opens the file anew at this signal, for rotation by others (which is followed without it, too). Default: none. */
      reopenSignal?: NodeJS.Signals | undefined;
  }

  /** A pino logger, and what concerns its file; without a file those do nothing. */
  type FileLogger = Logger & {
      /**
       * Opens the file anew.
       *
       * @throws ERR_HATCHERY_LOG_FILE; the file before goes on to be written
       */
      reopen(): void;
      /**
       * Writes to another file from now on; `undefined`: to standard output. Nothing is lost in between.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_LOG_FILE; the file before goes on to be written
       */
      setFile(path: string | undefined): void;
      /**
       * Other bounds of the file from now on.
       *
       * @throws ERR_HATCHERY_INVALID_OPTION
       */
      setRotation(rotation: RotationOptions): void;
      /** Listens to `reopenSignal` no more. */
      release(): void;
  };
  /**
   * A pino logger that writes JSON lines. Each entry is written when the call returns: there is nothing to flush at an exit or
   * crash. A file, or standard output, that cannot be written any more (no space, no permission) costs entries and a line on
   * standard error, never the process. Where standard output is systemd's journal, each entry has its priority there.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_LOG_FILE if the file cannot be opened
   */
  function createLogger(options?: LoggerOptions): FileLogger;

  export { createLogger };
  export type { FileLogger, LogSize, LoggerOptions, RotationOptions };
}

declare module 'hatchery/observe' {
  import { P as Pool, n as MetricsOptions } from 'hatchery/internal/crashes.d';
  import 'node:events';
  import './stats.d';
  import 'node:util';

  /** What is asked of a pool; one of any version or copy of the package will do. */
  type WatchedPool = Pick<Pool, 'health' | 'metrics' | 'metricFamilies'>;

  /** Something of the caller's that `/readyz` asks as well: returns what is in its way, or undefined; or throws it. */
  type ExtraCheck = () => string | undefined | Promise<string | undefined>;

  /** Options of {@link serveMonitoring}. Ports: 0 = any that is free; `undefined` = no such server. One at least must be given. */
  interface MonitoringOptions extends MetricsOptions {
      /** Where `/metrics` is served. */
      metricsPort?: number | undefined;
      /** Where `/livez` and `/readyz` are; if it is the same as `metricsPort`, one server has all of them. */
      healthPort?: number | undefined;
      /** Address to listen at. Default `'127.0.0.1'`: what is not of this machine sees nothing. */
      host?: string | undefined;
      /** What else `/readyz` asks, by name. */
      checks?: Readonly<Record<string, ExtraCheck>> | undefined;
      /**
       * Milliseconds that one of `checks` may take. One that takes longer is in the way, and is not called again until it has answered.
       * Default 5000.
       */
      checkTimeout?: number | undefined;
  }
  /** Servers that run. They do not keep the process alive. */
  interface Monitoring {
      /** Port of `/metrics`. */
      readonly metricsPort: number | undefined;
      /** Port of `/livez` and `/readyz`. */
      readonly healthPort: number | undefined;
      /** Stops them; settles once they are gone. */
      close(): Promise<void>;
      [Symbol.asyncDispose](): Promise<void>;
  }
  /**
   * Serves the metrics of a pool and its health over HTTP: `/metrics` for Prometheus, `/livez` and `/readyz` (with `?verbose`)
   * for whoever restarts or sends work. It does not close with the pool, so that it can tell that it is closed.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_ADDRESS_IN_USE if a port is taken, ERR_HATCHERY_ADDRESS_UNAVAILABLE if one
   * cannot be had otherwise; then none is served
   */
  function serveMonitoring(pool: WatchedPool, options: MonitoringOptions): Promise<Monitoring>;

  /** What is used of a `Registry` of prom-client, version 15. */
  interface MetricsRegistry {
      /** Adds a metric; throws if there is one of its name. */
      registerMetric(metric: any): void;
      /** The metric of that name, if there is one. */
      getSingleMetric(name: string): unknown;
      /** Takes the metric of that name out. */
      removeSingleMetric(name: string): void;
  }
  /**
   * Has a registry of prom-client show the metrics of a pool beside its own. Several pools may share a registry: give them
   * labels that tell them apart. prom-client itself is not loaded; the registry is whatever the caller's version of it made.
   *
   * @returns takes them out again; a pool that is closed shows nothing anyway
   * @throws ERR_HATCHERY_INVALID_OPTION for labels that cannot be, or that another pool has in this registry, and what
   * the registry throws if it has a metric of the name
   */
  function registerMetrics(pool: WatchedPool, registry: MetricsRegistry, options?: MetricsOptions): () => void;

  export { registerMetrics, serveMonitoring };
  export type { ExtraCheck, MetricsRegistry, Monitoring, MonitoringOptions, WatchedPool };
}

declare module 'hatchery/piscina' {
  import { ResourceLimits } from 'node:worker_threads';
  import { P as Pool, w as PoolOptions, ac as RunOptions, c as CloseReport } from 'hatchery/internal/crashes.d';
  import { T as TimeSummary } from 'hatchery/internal/stats.d';
  import { m as move } from 'hatchery/internal/move.d';
  import 'node:events';
  import 'node:util';

  /** Options of piscina that have no counterpart here and are ignored. */
  interface IgnoredPiscinaOptions {
      atomics?: 'sync' | 'async' | 'disabled' | undefined;
      useAtomics?: boolean | undefined;
      argv?: readonly string[] | undefined;
      stdin?: boolean | undefined;
      trackUnmanagedFds?: boolean | undefined;
      taskQueue?: object | undefined;
      loadBalancer?: unknown;
      workerHistogram?: boolean | undefined;
  }
  /** What `new Piscina()` takes. */
  interface PiscinaOptions extends Omit<PoolOptions, 'filename' | 'env'>, IgnoredPiscinaOptions {
      /** The module whose exports are the tasks; null: none. */
      filename?: string | URL | null | undefined;
      /** As in piscina, 0 is at once; but the default is that of {@link Pool}, 60 000, and not 0. */
      idleTimeout?: number | undefined;
      /** The size of the old generation is `maxHeap`, in MiB; the other limits have no counterpart. */
      resourceLimits?: ResourceLimits | undefined;
      /** How much nicer than the host workers are; see `nice`. */
      niceIncrement?: number | undefined;
      /** `SHARE_ENV` of `node:worker_threads` means the environment of the host, as does leaving it out. */
      env?: PoolOptions['env'] | symbol;
  }
  /** What `piscina.run()` takes. */
  interface PiscinaRunOptions extends Omit<RunOptions, 'filename' | 'name' | 'signal'> {
      /** Another module than the pool's; null: the pool's. */
      filename?: string | URL | null | undefined;
      /** The export to call; null: the pool's `name`. */
      name?: string | null | undefined;
      /** Cancels the task; null: nothing does. */
      signal?: AbortSignal | null | undefined;
  }
  /** A {@link Pool} under piscina's name and with its options. */
  class Piscina<T = any, R = any> extends Pool<T, R> {
      /** Workers of this pool import `hatchery/worker` to learn where they run; the host is never one. */
      static readonly isWorkerThread = false;
      /** Marks a task or a result whose memory the sender gives up. */
      static readonly move: typeof move;
      constructor(options?: PiscinaOptions);
      /** Tasks beyond those that the workers can run at once. */
      get queueSize(): number;
      /** As `histogram.runTime`, as it was in piscina 4. */
      get runTime(): TimeSummary;
      /** As `histogram.waitTime`, as it was in piscina 4. */
      get waitTime(): TimeSummary;
      run<Result = R>(task?: T, options?: PiscinaRunOptions | null): Promise<Result>;
      /** `{ force: true }` does not wait for tasks. */
      close(options?: {
          force?: boolean;
          timeout?: number;
      }): Promise<CloseReport>;
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
      /**
       * Aborted when the caller has cancelled the task, with the caller's reason if that can be cloned, or when its time is
       * up, with a `TimeoutError`. The worker is killed a little later, after the pool's `killGrace`.
       */
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
   * generator. It is awaited. In a spawned worker, whose modules are its own, it is called too, after they are loaded; and so
   * it is for a module that a worker loads later, before the first task of that module. If it throws there, the tasks of that
   * module are rejected with ERR_HATCHERY_WORKER_MODULE_FAILED.
   */
  function onFork(hook: () => unknown): void;
  /**
   * Registers what a worker has to do before it leaves: when it was idle for too long, has come to a limit, or the pool is
   * reloaded or closed; such as to send what a telemetry SDK holds back. Hooks are awaited, all of them together for 1.5 s at
   * most. They do not run in a worker that is killed, dies, or calls `process.exit`, nor after `pool.destroy()`.
   */
  function onLeave(hook: () => unknown): void;

  export { current, isWorker, onFork, onLeave, workerData };
  export type { CurrentTask };
}
