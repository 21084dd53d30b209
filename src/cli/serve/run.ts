import { resolve } from 'node:path'
import { pino } from 'pino'
import { type Logger, runDaemon, SERVICE_DEFAULTS, type Signals, takeManagerAddress } from '../../service/index.js'
import type { ServeFlags } from '../commands/serve.js'
import { OK } from '../exit-codes.js'

/** Runs the daemon that the command line, and the file it names, describe. */
export async function runServe(signals: Signals, flags: ServeFlags): Promise<number> {
  // Before anything is started that would inherit it.
  const manager = takeManagerAddress()
  const logger = pino({ level: flags.logLevel ?? 'info' }, pino.destination({ dest: 1, sync: true })) as Logger
  const settings = { ...SERVICE_DEFAULTS, ...flags.service }
  const { filename } = flags.pool
  const pool = { ...flags.pool, ...(filename !== undefined && { filename: resolve(String(filename)) }) }
  if (flags.check) return OK
  return runDaemon(signals, { settings, pool, logger, manager })
}
