import type { Span } from '@opentelemetry/api'
import {
  DESTINATION,
  MESSAGE_ID,
  OPERATION,
  OPERATION_TYPE,
  SYSTEM,
  TASK_ATTEMPT,
  TASK_ID,
  TASK_KEY,
  TASK_NAME,
  TASK_PRIORITY,
  TRACER,
  WORKER_ID,
  WORKER_PID,
} from '../../tracing/attributes.js'
import { type Carrier, encodeCarrier } from '../../tracing/carrier.js'
import { endFailedSpan } from '../../tracing/failed-span.js'
import type { OpenTelemetry } from '../../tracing/open-telemetry.js'
import type { TaskMessage } from './messages.js'

/**
 * The span of a submission. It lasts until the caller has the outcome: what a worker cannot tell any more, such as its own
 * death, is in this one.
 */
export class ProducerSpan {
  readonly #api: OpenTelemetry
  readonly #span: Span
  /** The context in which the worker is to go on, encoded; undefined if no propagator has anything to say. */
  readonly carrier: Uint8Array | undefined

  constructor(api: OpenTelemetry, { name, id, priority }: TaskMessage) {
    const { trace, context, propagation, SpanKind } = api
    const active = context.active()
    this.#api = api
    this.#span = trace.getTracer(TRACER).startSpan(
      `send ${name}`,
      {
        kind: SpanKind.PRODUCER,
        attributes: {
          [SYSTEM]: 'hatchery',
          [OPERATION]: 'send',
          [OPERATION_TYPE]: 'send',
          [DESTINATION]: name,
          [TASK_NAME]: name,
          [TASK_PRIORITY]: priority,
          ...(id !== undefined && { [TASK_KEY]: id }),
        },
      },
      active,
    )
    const carrier: Carrier = {}
    propagation.inject(trace.setSpan(active, this.#span), carrier)
    this.carrier = encodeCarrier(carrier)
  }

  /** An attempt has failed, and another one follows. */
  retried({ retry }: TaskMessage): void {
    if (retry === undefined) return
    const { attempt, code, delay } = retry
    this.#span.addEvent('hatchery.retry', {
      [TASK_ATTEMPT]: attempt,
      'error.type': code,
      'hatchery.retry.delay': delay,
    })
  }

  /** The task has ended well. */
  end(message: TaskMessage): void {
    this.#describe(message)
    this.#span.end()
  }

  /** It has not. */
  fail(message: TaskMessage, error: unknown): void {
    this.#describe(message)
    endFailedSpan(this.#api, this.#span, error)
  }

  /** What is known of a task once a worker has begun it. */
  #describe({ taskId, attempt, workerId, pid }: TaskMessage): void {
    if (taskId === undefined) return
    this.#span.setAttributes({
      [MESSAGE_ID]: taskId,
      [TASK_ID]: taskId,
      [TASK_ATTEMPT]: attempt,
      [WORKER_ID]: workerId!,
      [WORKER_PID]: pid!,
    })
  }
}
