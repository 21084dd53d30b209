import process from 'node:process'
import { inspect } from 'node:util'
import { FLAG_ABORT_CALLED, FLAG_EXIT_CALLED } from '../lane/layout.js'
import type { ProcessBinding, WorkerLane } from '../native/types.js'
import { runLeaveHooks } from './leave-hooks.js'

/** What leaving has to tell, once there is a lane to tell it through. */
interface Teller {
  readonly lane: Pick<WorkerLane, 'setFlags'>
  /** Wakes the host, so that it sees what was completed before the end. */
  readonly wake: () => void
  /** Tells of the error that this process dies of. */
  readonly confess: (error: unknown) => void
  /** Before it ends in an orderly way, with this code. */
  readonly leaving: (code: number) => void
}

/** Undefined in the zygote, whose own end is an ordinary one. */
let teller: Teller | undefined
let stopping = false

const reallyExit = (process as unknown as { reallyExit: (code: number) => never }).reallyExit
const abort = process.abort

/**
 * Puts itself in the way of every end of the process that JavaScript can bring about. To be called before any other
 * module can keep a reference to the functions replaced here.
 */
export function watchLeaving(native: Pick<ProcessBinding, 'exitNow'>): void {
  const exits = process as unknown as { reallyExit: (code: number) => never }
  exits.reallyExit = (code) => {
    if (teller === undefined) return reallyExit.call(process, code)
    if (!stopping) teller.lane.setFlags(FLAG_EXIT_CALLED)
    teller.leaving(code)
    teller.wake()
    return native.exitNow(code)
  }
  process.abort = () => {
    teller?.lane.setFlags(FLAG_ABORT_CALLED)
    teller?.wake()
    return abort.call(process)
  }
}

/**
 * From now on the process is a worker: its ends are told to the host, and are immediate. Returns what takes that back.
 */
export function leaveAsWorker(native: Pick<ProcessBinding, 'exitNow'>, worker: Teller): () => void {
  const last = (code: number) => {
    // Node would go on to tear its platform down, which hangs in a fork. So the listeners that come after this one
    // run from here.
    const listeners = process.rawListeners('exit')
    for (const listener of listeners.slice(listeners.indexOf(last) + 1)) listener.call(process, code)
    worker.leaving(Number(process.exitCode ?? code))
    worker.wake()
    native.exitNow(Number(process.exitCode ?? code))
  }
  teller = worker
  process.on('uncaughtExceptionMonitor', printUncaught)
  process.on('exit', last)
  return () => {
    process.off('exit', last)
    process.off('uncaughtExceptionMonitor', printUncaught)
    teller = undefined
  }
}

/** Leaves because the host says so, after the hooks for that. */
export function stop(): void {
  if (stopping) return
  stopping = true
  void runLeaveHooks().then(() => process.exit(0))
}

/** As Node prints it, which would come too late. */
function printUncaught(error: unknown): void {
  if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) return
  const text = error instanceof Error ? inspect(error) : `Uncaught ${inspect(error)}`
  teller?.confess(error)
  ;(process as unknown as { _rawDebug: (text: string) => void })._rawDebug(`${text}\n\nNode.js ${process.version}`)
}
