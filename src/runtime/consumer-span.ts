import {
  DESTINATION,
  MESSAGE_ID,
  OPERATION,
  OPERATION_TYPE,
  SYSTEM,
  TASK_ATTEMPT,
  TASK_ID,
  TASK_NAME,
  TRACER,
  WORKER_ID,
} from '../tracing/attributes.js'
import type { Carrier } from '../tracing/carrier.js'
import { endFailedSpan } from '../tracing/failed-span.js'
import { openTelemetry } from '../tracing/open-telemetry.js'

/** A task with which the context of a trace has come. */
export interface TracedTask {
  readonly carrier: Carrier
  readonly name: string
  readonly id: string
  readonly attempt: number
  readonly workerId: number
}

/**
 * Runs a task in a span of its own, a child of the submission's, which is the active one meanwhile. Without an SDK in this
 * process it just runs.
 */
export function runInSpan<T>(task: TracedTask, run: () => T): T {
  const api = openTelemetry()
  if (api === undefined) return run()
  const { trace, context, propagation, ROOT_CONTEXT, SpanKind } = api
  const parent = propagation.extract(ROOT_CONTEXT, task.carrier)
  const span = trace.getTracer(TRACER).startSpan(
    `process ${task.name}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        [SYSTEM]: 'hatchery',
        [OPERATION]: 'process',
        [OPERATION_TYPE]: 'process',
        [DESTINATION]: task.name,
        [MESSAGE_ID]: task.id,
        [TASK_ID]: task.id,
        [TASK_NAME]: task.name,
        [TASK_ATTEMPT]: task.attempt,
        [WORKER_ID]: task.workerId,
      },
    },
    parent,
  )
  const fail = (error: unknown): never => {
    endFailedSpan(api, span, error)
    throw error
  }
  let result: T
  try {
    result = context.with(trace.setSpan(parent, span), run)
  } catch (error) {
    return fail(error)
  }
  if (!isThenable(result)) {
    span.end()
    return result
  }
  // Any thenable, as `await` would take it.
  return Promise.resolve(result).then((value) => {
    span.end()
    return value
  }, fail) as T
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
