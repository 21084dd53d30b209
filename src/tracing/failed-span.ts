import type { Span } from '@opentelemetry/api'
import { safeString } from '../errors/safe-string.js'
import { ERROR_TYPE, errorType } from './attributes.js'
import type { OpenTelemetry } from './open-telemetry.js'

/** Ends the span of something that has failed. */
export function endFailedSpan({ SpanStatusCode }: OpenTelemetry, span: Span, error: unknown): void {
  const exception = error instanceof Error ? error : safeString(error)
  span.recordException(exception)
  span.setAttribute(ERROR_TYPE, errorType(error))
  span.setStatus({ code: SpanStatusCode.ERROR, message: exception instanceof Error ? exception.message : exception })
  span.end()
}
