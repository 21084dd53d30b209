import { pino } from 'pino'

/**
 * An error as pino writes it, without saying anything twice: to the message pino appends those of all causes, and one of ours often has
 * that of its cause in it already.
 */
export function errorFields(error: unknown): unknown {
  const fields = pino.stdSerializers.err(error as Error)
  if (error instanceof Error && fields !== (error as unknown)) fields.message = messageOf(error)
  return fields
}

function messageOf(error: Error): string {
  let { message, cause } = error
  const seen = new Set<unknown>([error])
  while (cause instanceof Error && !seen.has(cause)) {
    seen.add(cause)
    if (!message.includes(cause.message)) message += `: ${cause.message}`
    cause = cause.cause
  }
  return message
}
