/** The service manager, systemd: told how the daemon is (`sd_notify`). */
import process from 'node:process'
import { loadNative } from '../native/index.js'

/** What the manager has put into the environment. */
export interface ManagerAddress {
  readonly socket: string
  /** The watchdog's limit in microseconds; undefined: there is none. */
  readonly watchdog: number | undefined
}

/** How often something is tried to be told, and the pause between, in milliseconds. */
const TRIES = 20
const PAUSE = 50

/**
 * Takes the manager's address out of the environment, so that no worker, nor what a task starts, speaks in the daemon's name.
 * Undefined: nobody wants to be told.
 */
export function takeManagerAddress(env: NodeJS.ProcessEnv = process.env): ManagerAddress | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: limit, WATCHDOG_PID: pid } = env
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
  if (socket === undefined || socket === '') return undefined
  const meant = pid === undefined || pid === String(process.pid)
  const watchdog = meant && Number(limit) > 0 ? Number(limit) : undefined
  return { socket, watchdog }
}

/** Tells the manager. Without one nothing is told. */
export class Manager {
  readonly #address: ManagerAddress | undefined
  readonly #onFault: (error: unknown) => void
  /** One word after the other. */
  #told: Promise<void> = Promise.resolve()

  /** @param onFault called if it cannot be told something */
  constructor(address: ManagerAddress | undefined, onFault: (error: unknown) => void) {
    this.#address = address
    this.#onFault = onFault
  }

  /** The address, if somebody wants to hear from the watchdog. */
  get watchdog(): Required<ManagerAddress> | undefined {
    return this.#address?.watchdog === undefined ? undefined : this.#address
  }

  /** The daemon is up, or back from a reload. */
  ready(status: string): Promise<void> {
    return this.#tell(`READY=1\nMAINPID=${process.pid}\nSTATUS=${status}`)
  }

  /** One line about how things are. */
  status(status: string): Promise<void> {
    return this.#tell(`STATUS=${status}`)
  }

  /** A reload begins; `ready` ends it. */
  reloading(): Promise<void> {
    // Of CLOCK_MONOTONIC, as systemd wants it.
    return this.#tell(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}\nSTATUS=Reloading`)
  }

  /** The end begins, and takes no longer than so many milliseconds. */
  stopping(limit: number, status: string): Promise<void> {
    const extend = limit === Infinity ? '' : `EXTEND_TIMEOUT_USEC=${Math.ceil(limit) * 1000}\n`
    return this.#tell(`STOPPING=1\n${extend}STATUS=${status}`)
  }

  #tell(message: string): Promise<void> {
    const address = this.#address
    if (address === undefined) return Promise.resolve()
    this.#told = this.#told.then(() => send(address.socket, message)).catch(this.#onFault)
    return this.#told
  }
}

/** Tries again while the manager is behind with its reading. */
async function send(socket: string, message: string): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (loadNative().notifyManager(socket, message)) return
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
  throw new Error(`the service manager does not read what it is told (${message.split('\n')[0]})`)
}
