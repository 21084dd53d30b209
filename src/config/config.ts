import type { PoolOptions } from '../host/index.js'
import type { ValueSource } from './problems.js'
import type { Apply } from './schema/node.js'

/** The section `logging`. */
export interface LoggingConfig {
  /** Least important messages that are written. Default `'info'`. */
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  /** Absolute path; undefined: standard output. */
  readonly file: string | undefined
  /** Bytes at which the file is put aside. Default 10 000 000. */
  readonly maxSize: number
  /** Files kept, the current one included. Default 5. */
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
  readonly socketOwner: string | undefined
  readonly host: string
  /** Undefined: no TCP. */
  readonly port: number | undefined
  /** Absolute path. */
  readonly tokenFile: string | undefined
  readonly allowAnonymous: boolean
  readonly allowedHosts: readonly string[]
  readonly maxBodySize: number
  readonly maxConnections: number
  readonly maxInFlight: number
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  readonly resultTtl: number
  readonly maxResults: number
  readonly maxResultBytes: number
  readonly ui: boolean
}

/** One setting, whether it was set or not. */
export interface ConfigEntry {
  /** Such as `pool.max_workers`. */
  readonly path: string
  /** What it comes to: times in milliseconds, sizes in bytes; undefined: not set, and the default is not one value. */
  readonly value: unknown
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
  readonly logging: LoggingConfig
  readonly monitoring: MonitoringConfig
  readonly service: ServiceConfig
  /** Absolute path of the file; undefined: there was none. */
  readonly file: string | undefined
  /** Every setting there is, in the order of the documentation. */
  readonly entries: readonly ConfigEntry[]
}
