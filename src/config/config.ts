import type { PoolOptions } from '../host/index.js'
import type { ValueSource } from './problems.js'
import type { Apply } from './schema/node.js'

/** The section `logging`. */
export interface LoggingConfig {
  /** Least important messages that are written. Default `'info'`. */
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  /** Absolute path; undefined: standard output. */
  readonly file: string | undefined
  /** Bytes at which the file is put aside. Default 10 MiB. */
  readonly maxSize: number
  /** Full files that are kept beside the one that is written. Default 5. */
  readonly maxFiles: number
}

/** The section `monitoring`. */
export interface MonitoringConfig {
  /** Default `'127.0.0.1'`. */
  readonly host: string
  /** Default 9090; undefined: none. */
  readonly metricsPort: number | undefined
  /** Default 8080; undefined: none. */
  readonly healthCheckPort: number | undefined
  /** Default false. */
  readonly enableTracing: boolean
}

/** The section `service`. Times are milliseconds, sizes bytes. */
export interface ServiceConfig {
  /** Absolute path of the Unix socket; undefined: not named. */
  readonly socket: string | undefined
  /** Its permissions. Default `0o600`. */
  readonly socketMode: number
  /** `user`, `user:group` or `:group` of the socket; undefined: whoever runs the daemon. */
  readonly socketOwner: string | undefined
  /** Address for HTTP over TCP. Default `'127.0.0.1'`. */
  readonly host: string
  /** Port for TCP; 0: any that is free; undefined: no TCP. */
  readonly port: number | undefined
  /** Absolute path of the file with the token that clients on TCP have to show. */
  readonly tokenFile: string | undefined
  /** Whether TCP on the loopback address is served without a token. Default false. */
  readonly allowAnonymous: boolean
  /** Host names, beside those of the loopback address, by which requests on it may come. Default: none. */
  readonly allowedHosts: readonly string[]
  /** Most bytes of a request. Default 16 MiB. */
  readonly maxBodySize: number
  /** Most bytes of all requests that are being read or whose tasks are pending. Default 256 MiB. */
  readonly maxPendingBytes: number
  /** Connections at a time. Default 1000. */
  readonly maxConnections: number
  /** Tasks pending at a time. Default 10 000. */
  readonly maxInFlight: number
  /** Until a request's headers have come. Default 10 s. */
  readonly headersTimeout: number
  /** Until all of a request has come. Default 60 s. */
  readonly requestTimeout: number
  /** How long an idle connection stays open. Default 30 s. */
  readonly keepAliveTimeout: number
  /** How long results are kept that nobody has waited for. Default 5 minutes. */
  readonly resultTtl: number
  /** How many of those are kept. Default 1000. */
  readonly maxResults: number
  /** How many bytes of those are kept. Default 64 MiB. */
  readonly maxResultBytes: number
  /** Whether the dashboard is served. Default false. */
  readonly ui: boolean
}

/** One setting, whether it was set or not. */
export interface ConfigEntry {
  /** Such as `pool.max_workers`. */
  readonly path: string
  /** What it comes to: times in milliseconds, sizes in bytes; undefined: not set, and the default is not one value. */
  readonly value: unknown
  /** Where the value is from: file and line, a variable, or the defaults. */
  readonly source: ValueSource
  /** How a change comes into force while the program runs. */
  readonly apply: Apply
  /** Why it does not come into force at once. */
  readonly why: string | undefined
}

/** A configuration that has been found good. Frozen. */
export interface Config {
  /** The pool's name (`pool.name`). */
  readonly name: string
  /** For `new Pool()`. What was not set is left out. */
  readonly pool: PoolOptions
  /** What is logged, and where. */
  readonly logging: LoggingConfig
  /** Where metrics and health are served, and whether tasks are traced. */
  readonly monitoring: MonitoringConfig
  /** Where the daemon listens, and what it accepts. */
  readonly service: ServiceConfig
  /** Absolute path of the file; undefined: there was none. */
  readonly file: string | undefined
  /** Every setting there is, in the order of the documentation. */
  readonly entries: readonly ConfigEntry[]
}
