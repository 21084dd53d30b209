import { checkKeys } from '../host/check.js'
import type { Pool, PoolOptions } from '../host/index.js'
import { applyConfig, type ConfigHandlers, type ConfigReport, inForce } from './apply.js'
import type { Config } from './config.js'
import { type LoadOptions, loadConfig } from './load.js'

/** Options of {@link LiveConfig}. */
export interface LiveConfigOptions extends LoadOptions {
  /** Who takes over what changes outside the pool. */
  readonly handlers?: ConfigHandlers | undefined
  /** Options that the pool was made with besides, and that hold where the configuration says nothing. */
  readonly defaults?: PoolOptions | undefined
  /** Looks at a configuration that was read anew, before anything changes; what it throws refuses it. */
  readonly check?: ((config: Config) => void | Promise<void>) | undefined
}

const KEYS: ReadonlySet<string> = new Set([
  'env',
  'names',
  'handlers',
  'defaults',
  'check',
] satisfies (keyof LiveConfigOptions)[])

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
export class LiveConfig {
  readonly #pool: Pool
  readonly #options: LiveConfigOptions
  #current: Config
  /** Settles when the reload under way has ended. */
  #busy: Promise<unknown> = Promise.resolve()

  /** @throws ERR_HATCHERY_INVALID_OPTION */
  constructor(pool: Pool, config: Config, options: LiveConfigOptions = {}) {
    checkKeys('LiveConfig', options, KEYS)
    this.#pool = pool
    this.#current = config
    this.#options = options
  }

  /** What is in force. What waits for a restart is as it was. */
  get current(): Config {
    return this.#current
  }

  /**
   * Reads the file anew and brings into force what has changed. One that is asked for while another is under way comes after
   * it.
   *
   * @returns what has changed, and what needs a restart; rejects, and everything is as before, with
   * ERR_HATCHERY_INVALID_CONFIG, what `check` throws, or what {@link applyConfig} rejects with
   */
  reload(): Promise<ConfigReport> {
    const done = this.#busy.then(() => this.#reload())
    this.#busy = done.catch(() => {})
    return done
  }

  async #reload(): Promise<ConfigReport> {
    const before = this.#current
    const { env, names } = this.#options
    const after = loadConfig(before.file, { env, names })
    await this.#options.check?.(after)
    const report = await applyConfig(this.#pool, this.#filled(before), this.#filled(after), this.#options.handlers)
    this.#current = inForce(before, after, report.restart)
    return report
  }

  #filled(config: Config): Config {
    return { ...config, pool: { ...this.#options.defaults, ...config.pool } }
  }
}
