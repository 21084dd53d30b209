import process from 'node:process'
import { type Config, type ConfigReport, LiveConfig, loadConfig } from '../../config/index.js'
import { createLogger } from '../../logging/index.js'
import {
  DashboardSwitch,
  Monitors,
  Orphans,
  runDaemon,
  type Service,
  type Signals,
  takeInheritedSockets,
  takeManagerAddress,
  tryOut,
} from '../../service/index.js'
import { OK } from '../exit-codes.js'
import { environmentOf, flagNames, type ServeFlags } from './flags.js'

/** What workers print is laid to tasks, and goes into the log. */
const DEFAULTS = { stdio: 'pipe' } as const

/** Runs the daemon that the command line, the environment and the file describe, in this order of weight. */
export async function runServe(signals: Signals, flags: ServeFlags): Promise<number> {
  // Before anything is started that would inherit it.
  const manager = takeManagerAddress()
  const sockets = takeInheritedSockets()
  const env = environmentOf(flags, process.env, sockets.length > 0)
  const names = flagNames(flags)
  const config = loadConfig(flags.config, { env, names, checkFiles: true })
  if (flags.check) return check(config)
  const { level, file, maxSize, maxFiles } = config.logging
  const logger = createLogger({ level, file, maxSize, maxFiles, name: config.name })
  const { monitoring } = config
  const pool = {
    ...DEFAULTS,
    ...config.pool,
    logger,
    tracing: monitoring.enableTracing && ('auto' as const),
  }
  const dashboard = new DashboardSwitch(config.service.ui)
  let live: LiveConfig | undefined
  let takeToken = () => false
  const reconfigure = async (service: Service) => {
    logger.reopen()
    live ??= new LiveConfig(service.pool, config, {
      env,
      names,
      defaults: DEFAULTS,
      check({ service: settings, pool: options }) {
        takeToken = service.prepare(settings, options)
      },
      handlers: {
        logging({ level, file, maxSize, maxFiles }) {
          // First what may be refused.
          logger.setFile(file)
          logger.level = level
          logger.setRotation({ maxSize, maxFiles })
        },
        service(settings) {
          const { ui } = service.settings
          dashboard.set(settings.ui)
          try {
            service.update(settings)
          } catch (error) {
            dashboard.set(ui)
            throw error
          }
        },
      },
    })
    const report = await live.reload()
    return summaryOf(report, takeToken())
  }
  return runDaemon(signals, {
    settings: config.service,
    pool,
    logger,
    manager,
    sockets,
    companions: [new Orphans(), new Monitors(monitoring, config.name), dashboard],
    ...((config.file ?? config.service.tokenFile ?? file) !== undefined && { reconfigure }),
  })
}

/** Says whether a daemon of this configuration would start. */
async function check({ file, service, pool }: Config): Promise<number> {
  const warn = (_info: object, message: string) => console.error(`hatchery: ${message}`)
  await tryOut(service, pool, { debug: () => {}, info: () => {}, warn, error: warn })
  console.log(`${file ?? 'The configuration'} is good, and a worker has loaded ${pool.filename}.`)
  return OK
}

/** For the log: what is different from now on, and what will be after a restart. */
function summaryOf({ applied, restart }: ConfigReport, hasOtherToken: boolean): object {
  const paths = (changes: ConfigReport['applied']) => changes.map(({ path }) => path)
  // The same file may hold another token.
  const token = hasOtherToken ? ['service.token_file'] : []
  return { applied: [...new Set([...paths(applied), ...token])], restart: paths(restart) }
}
