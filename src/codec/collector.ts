import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options?: { type: 'minor' }) => void

let collect: Collect | undefined

/** Has the young generation collected: cheap where most of it is dead. */
export function collectYoung(): void {
  collect ??= findCollector()
  collect({ type: 'minor' })
}

/** Has the whole heap collected. Nothing less will do for what weak references are to tell of. */
export function collectAll(): void {
  collect ??= findCollector()
  collect()
}

/** As {@link collectAll}, and what V8's own readers of values hold, which go by the first collection and their values by the next. */
export function collectThoroughly(): void {
  collectAll()
  collectAll()
}

/** V8 has no other way to ask for this. The flag counts when a context is made, and is then as it was for all others. */
function findCollector(): Collect {
  const exposed = 'gc' in globalThis
  try {
    setFlagsFromString('--expose-gc')
    return runInNewContext('gc') as Collect
  } catch {
    // Some embedder forbids it: then V8 collects as it does.
    return () => {}
  } finally {
    if (!exposed) setFlagsFromString('--no-expose-gc')
  }
}
