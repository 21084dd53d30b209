/** What makes a daemon fail as it starts, and not with each of its tasks. */
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { Pool, type PoolOptions } from '../host/index.js'
import { BodyBudget } from './http/body-budget.js'
import { readToken } from './http/token.js'
import { Listeners } from './listen/listeners.js'
import type { Logger } from './logger.js'
import { checkSettings, type ServiceSettings } from './settings.js'

/** @throws ERR_HATCHERY_INVALID_OPTION if there is no module: a daemon runs nothing else */
export function checkModule({ filename }: Pick<PoolOptions, 'filename'>): void {
  if (filename !== undefined) return
  throw new HatcheryError(
    ERROR_CODES.INVALID_OPTION,
    'The daemon has no tasks: name the module whose exports they are (hatchery serve WORKER, or pool.filename).',
  )
}

/**
 * Options of a pool that is ready once a worker has loaded its module, and fails if that cannot be loaded.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION as {@link checkModule}
 */
export function provingOptions(options: PoolOptions): PoolOptions {
  checkModule(options)
  const { minWorkers } = options
  return { ...options, ...(minWorkers === 0 && { minWorkers: 1 }), handleSignals: false, loadFirst: true }
}

/**
 * Finds out whether a daemon would start, as far as that can be known without its addresses: the settings, the token, and
 * whether a worker loads the pool's module.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION, or what the pool fails with
 */
export async function tryOut(settings: ServiceSettings, options: PoolOptions, logger: Logger): Promise<void> {
  const { socket, port, tokenFile } = settings
  const isActivated = socket === undefined && port === undefined
  if (isActivated) logger.warn({}, 'the configuration names no address: the service manager has to hand over a socket')
  checkSettings(settings, isActivated)
  new Listeners(settings, logger, new BodyBudget(settings))
  // A socket that is handed over may be one of TCP.
  if (isActivated && tokenFile !== undefined) readToken(tokenFile)
  const pool = new Pool({ ...provingOptions(options), minWorkers: 1, maxWorkers: 1, spares: 0 })
  try {
    await pool.ready
  } finally {
    await pool.destroy()
  }
}
