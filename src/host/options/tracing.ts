import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import { loadOpenTelemetry } from '../../tracing/open-telemetry.js'
import { invalidOption } from '../invalid-option.js'

/** Options of a pool about traces. */
export interface TracingPoolOptions {
  /**
   * Whether tasks become spans of OpenTelemetry, and carry their caller's context to the worker. `'auto'` (default): where an
   * SDK is registered in this process, and at no cost elsewhere. True: the same, but the pool cannot be made
   * where `@opentelemetry/api` is missing. False: never. Diagnostics channels do not depend on it.
   */
  tracing?: boolean | 'auto' | undefined
}

/** {@link TracingPoolOptions} after all defaults. */
export interface ResolvedTracingPoolOptions {
  readonly tracing: boolean | 'auto'
}

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function resolveTracing({ tracing = 'auto' }: TracingPoolOptions): ResolvedTracingPoolOptions {
  if (tracing !== 'auto' && typeof tracing !== 'boolean') {
    throw invalidOption('tracing', "true, false or 'auto'", tracing)
  }
  if (tracing === true && loadOpenTelemetry() === undefined) {
    const message = 'The option "tracing" needs the package @opentelemetry/api, which cannot be found. Install it.'
    throw new HatcheryError(ERROR_CODES.INVALID_OPTION, message)
  }
  return { tracing }
}
