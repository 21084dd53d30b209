import process from 'node:process'
import { type ConfigReport, LiveConfig, loadConfig } from '../../config/index.js'
import { createLogger } from '../../logging/index.js'
import {
  Dashboard,
  Monitors,
  Orphans,
  runDaemon,
  type Service,
  type Signals,
  takeManagerAddress,
} from '../../service/index.js'
import { OK } from '../exit-codes.js'
import { environmentOf, flagNames, type ServeFlags } from './flags.js'

/** Runs the daemon that the command line, the environment and the file describe, in this order of weight. */
export async function runServe(signals: Signals, flags: ServeFlags): Promise<number> {
  // Before anything is started that would inherit it.
  const manager = takeManagerAddress()
  const env = environmentOf(flags, process.env)
  const names = flagNames(flags)
  const config = loadConfig(flags.config, { env, names })
  if (flags.check) {
    console.log(`${config.file ?? 'The configuration'} is good.`)
    return OK
  }
  const { level, file, maxSize, maxFiles } = config.logging
  // There the one that is written to counts as well.
  const logger = createLogger({ level, file, maxSize, maxFiles: maxFiles - 1, name: config.name })
  const { monitoring } = config
  // What workers print is laid to tasks, and goes into the log.
  const pool = {
    stdio: 'pipe' as const,
    ...config.pool,
    logger,
    tracing: monitoring.enableTracing && ('auto' as const),
  }
  const dashboard = config.service.ui ? new Dashboard() : undefined
  let live: LiveConfig | undefined
  const reconfigure = async (service: Service) => {
    logger.reopen()
    live ??= new LiveConfig(service.pool, config, {
      env,
      names,
      handlers: {
        logging(logging) {
          logger.level = logging.level
        },
        service: (settings) => service.update(settings),
      },
    })
    return summaryOf(await live.reload())
  }
  return runDaemon(signals, {
    settings: config.service,
    pool,
    logger,
    manager,
    companions: [new Orphans(), new Monitors(monitoring, config.name), ...(dashboard ? [dashboard] : [])],
    ...(dashboard && { routes: (service) => dashboard.routes(service) }),
    ...(config.file !== undefined && { reconfigure }),
  })
}

/** For the log: what is different from now on, and what will be after a restart. */
function summaryOf({ applied, restart }: ConfigReport): object {
  const paths = (changes: ConfigReport['applied']) => changes.map(({ path }) => path)
  return { applied: paths(applied), restart: paths(restart) }
}
