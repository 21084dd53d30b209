/**
 * Names in spans: those of OpenTelemetry's conventions for messaging, where the function is the destination and a task a
 * message, and the pool's own.
 */
export const TRACER = 'hatchery'

export const SYSTEM = 'messaging.system'
export const OPERATION = 'messaging.operation.name'
export const OPERATION_TYPE = 'messaging.operation.type'
export const DESTINATION = 'messaging.destination.name'
export const MESSAGE_ID = 'messaging.message.id'
export const ERROR_TYPE = 'error.type'

export const TASK_ID = 'hatchery.task.id'
export const TASK_NAME = 'hatchery.task.name'
export const TASK_ATTEMPT = 'hatchery.task.attempt'
export const TASK_PRIORITY = 'hatchery.task.priority'
export const TASK_KEY = 'hatchery.task.key'
export const WORKER_ID = 'hatchery.worker.id'
export const WORKER_PID = 'hatchery.worker.pid'

/** What `error.type` says of an error: its code or, without one, its name. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : error.name
}
