/** What the daemon wants of a logger: pino's shape. */
export interface Logger {
  debug(info: object, message: string): void
  info(info: object, message: string): void
  warn(info: object, message: string): void
  error(info: object, message: string): void
}
