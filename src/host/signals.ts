/** Who wants to know that a signal has fired. */
interface Listeners {
  readonly callbacks: Set<() => void>
  readonly fire: () => void
}

/** One listener a signal, however many tasks were given it: at the eleventh Node warns of a leak. */
const listeners = new WeakMap<AbortSignal, Listeners>()

/** Calls `callback` once the signal fires, which it has not yet. */
export function listen(signal: AbortSignal, callback: () => void): void {
  let known = listeners.get(signal)
  if (known === undefined) {
    const callbacks = new Set<() => void>()
    const fire = () => {
      listeners.delete(signal)
      for (const call of [...callbacks]) call()
    }
    known = { callbacks, fire }
    listeners.set(signal, known)
    signal.addEventListener('abort', fire, { once: true })
  }
  known.callbacks.add(callback)
}

/** Takes a callback back. */
export function unlisten(signal: AbortSignal, callback: () => void): void {
  const known = listeners.get(signal)
  if (known === undefined || !known.callbacks.delete(callback) || known.callbacks.size > 0) return
  listeners.delete(signal)
  signal.removeEventListener('abort', known.fire)
}
