import type { Pool } from '../host/index.js'
import type { Logger } from './logger.js'

/** Writes what happens to the pool into the log: what went wrong, and what changes it. */
export function logPoolEvents(pool: Pool, logger: Logger): void {
  pool.on('workerStarted', (worker) => logger.debug(worker, 'a worker has started'))
  pool.on('workerExited', (worker) => {
    if (worker.crashed) logger.warn(worker, 'a worker has died')
    else logger.debug(worker, 'a worker has left')
  })
  pool.on('workerHealth', (worker) => logger.warn(worker, `a worker is ${worker.health}`))
  pool.on('recycle', (worker) => logger.info(worker, 'a worker is replaced'))
  pool.on('scale', (change) => logger.debug(change, 'the number of workers changes'))
  pool.on('reload', (reload) => logger.info(reload, 'all workers run the new code'))
  pool.on('warning', ({ type, message, error }) => logger.warn({ type, err: error }, message))
  pool.on('error', (error) => logger.error({ err: error }, 'the pool has failed'))
}
