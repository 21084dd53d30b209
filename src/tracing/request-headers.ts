/** The context of a trace on its way to the daemon: in the headers of the request, such as `traceparent`. */
import { openTelemetry } from './open-telemetry.js'

/** Headers, as of `node:http`. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** The headers of the caller's context; none if no SDK is registered. */
export function headersOfContext(): Record<string, string> {
  const headers: Record<string, string> = {}
  const api = openTelemetry()
  api?.propagation.inject(api.context.active(), headers)
  return headers
}

/** Does something in the context of a request. One that an instrumentation of HTTP has made of it already is left as it is. */
export function inContextOf<Result>(headers: Headers, action: () => Result): Result {
  const api = openTelemetry()
  if (api === undefined || api.trace.getActiveSpan() !== undefined) return action()
  return api.context.with(api.propagation.extract(api.context.active(), headers), action)
}
