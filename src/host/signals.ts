import { encodeReason } from './cancel-reason.js'

/** Called with the signal's reason, encoded. */
type Callback = (reason: Uint8Array | undefined) => unknown

/** Who wants to know that a signal has fired. */
interface Listeners {
  readonly callbacks: Set<Callback>
  readonly fire: () => void
}

/** One listener a signal, however many tasks were given it: at the eleventh Node warns of a leak. */
const listeners = new WeakMap<AbortSignal, Listeners>()

/** Calls `callback` once the signal fires, which it has not yet. */
export function listen(signal: AbortSignal, callback: Callback): void {
  let known = listeners.get(signal)
  if (known === undefined) {
    const callbacks = new Set<Callback>()
    const fire = () => {
      listeners.delete(signal)
      // Once, however many tasks it is for.
      const reason = encodeReason(signal.reason)
      for (const call of [...callbacks]) call(reason)
    }
    known = { callbacks, fire }
    listeners.set(signal, known)
    signal.addEventListener('abort', fire, { once: true })
  }
  known.callbacks.add(callback)
}

/** Takes a callback back. */
export function unlisten(signal: AbortSignal, callback: Callback): void {
  const known = listeners.get(signal)
  if (known === undefined || !known.callbacks.delete(callback) || known.callbacks.size > 0) return
  listeners.delete(signal)
  signal.removeEventListener('abort', known.fire)
}
