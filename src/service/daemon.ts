import { constants } from 'node:os'
import type { Logger } from './logger.js'
import { Service, type ServiceOptions } from './service.js'
import type { Signals } from './signals.js'

/** What a daemon is made of, and how it takes on another configuration. */
export interface DaemonOptions extends ServiceOptions {
  /** Reads the configuration anew, and takes over what can change; what that has come to is for the log. */
  readonly reconfigure?: (service: Service) => Promise<object>
}

/**
 * Runs a daemon until a signal, or the failure of its pool, ends it.
 *
 * @returns the exit code: 0 after a stop that was asked for, 128 + the signal's number if a second one has hurried it, 1 if
 * the pool has failed
 * @throws as {@link Service.start}
 */
export async function runDaemon(signals: Signals, options: DaemonOptions): Promise<number> {
  const { logger } = options
  const service = new Service(options)
  let hurried: NodeJS.Signals | undefined
  let end!: () => void
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  service.pool.once('close', end)
  signals.begin({
    stop(signal, again) {
      logger.info({ signal }, again ? 'told again to stop: tasks are not waited for' : 'told to stop')
      if (again) hurried = signal
      void (again ? service.kill() : service.stop())
    },
    reconfigure: () => void reconfigure(service, options),
    printStats: () => logger.info({ stats: service.stats() }, 'statistics'),
    roll: () => void roll(service, logger),
  })
  try {
    await service.start()
  } catch (error) {
    // A signal that comes meanwhile is why it does not start.
    if (hurried === undefined && !isStopped(service, error)) throw error
  }
  await ended
  const { cancelled } = await service.stop()
  logger.info({ cancelled }, 'the daemon has ended')
  if (service.failure !== undefined) return 1
  return hurried === undefined ? 0 : 128 + constants.signals[hurried]
}

/** Whether the start was cut off by a stop, and not by what went wrong. */
function isStopped(service: Service, error: unknown): boolean {
  return (
    service.stopping &&
    service.failure === undefined &&
    (error as { code?: unknown }).code === 'ERR_HATCHERY_POOL_CLOSED'
  )
}

async function reconfigure(service: Service, { logger, reconfigure }: DaemonOptions): Promise<void> {
  if (service.stopping) return
  if (reconfigure === undefined) {
    logger.warn(
      {},
      'there is nothing to read anew: the daemon was started without --config, and has neither a token nor a log file',
    )
    return
  }
  try {
    const report = await service.change(() => reconfigure(service))
    logger.info(report, 'the configuration was read anew')
    service.feed.tell('reconfigured', report)
  } catch (error) {
    logger.error({ err: error }, 'the configuration was read anew and is no good: the one before holds')
  }
}

async function roll(service: Service, logger: Logger): Promise<void> {
  if (service.stopping) return
  try {
    await service.change(() => service.pool.reload())
  } catch (error) {
    logger.error({ err: error }, 'the workers could not be replaced: those before go on')
  }
}
