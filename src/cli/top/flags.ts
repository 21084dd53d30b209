import { readFileSync } from 'node:fs'
import { loadConfig, variableFor } from '../../config/index.js'
import { type OptionValues, UsageError } from '../command.js'
import { numberOf, oneOf, textOf } from '../flags.js'

/** What the command line of `top` says. */
export interface TopFlags {
  readonly address: string
  readonly token: string | undefined
  readonly interval: number
  readonly once: boolean
  readonly json: boolean
}

/** More often is of no use to anybody, and work for the daemon. */
const LEAST_INTERVAL = 100

/**
 * @throws UsageError
 * @throws ERR_HATCHERY_INVALID_CONFIG
 */
export function readFlags(values: OptionValues, positionals: readonly string[]): TopFlags {
  const { address, tokenFile } = daemonOf(oneOf(positionals, 'address'), values)
  return {
    address,
    token: tokenFile === undefined ? undefined : readToken(tokenFile),
    interval: numberOf(values, 'interval', LEAST_INTERVAL) ?? 1000,
    once: values['once'] === true,
    json: values['json'] === true,
  }
}

/** The daemon that is named, or the one that the same configuration would start. */
function daemonOf(named: string | undefined, values: OptionValues): { address: string; tokenFile: string | undefined } {
  const tokenFile = textOf(values, 'token-file')
  if (named !== undefined) return { address: named, tokenFile }
  const { service } = loadConfig(textOf(values, 'config'))
  if (service.socket !== undefined) return { address: service.socket, tokenFile }
  if (service.port !== undefined && service.port !== 0) {
    const host = service.host.includes(':') ? `[${service.host}]` : service.host
    return { address: `http://${host}:${service.port}`, tokenFile: tokenFile ?? service.tokenFile }
  }
  const variable = variableFor('service.socket')
  throw new UsageError(`Which daemon? Name its socket or URL, its --config, or set ${variable}.`)
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new UsageError(`The token cannot be read: ${(error as Error).message}.`)
  }
}
