import { getHeapStatistics, setFlagsFromString } from 'node:v8'
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

/** A collection that is not pressing is put off for so many times as long as the last one took. */
const PAUSE = 20

/** Collections that are not to take more than a small part of the time. */
export class PacedCollector {
  /** Not before this time, unless there is more at stake. */
  #next = 0

  /** Whether the last one is so long ago that another one may follow. */
  get isDue(): boolean {
    return performance.now() >= this.#next
  }

  /** Collects by `collect`, which may be more than the collection itself. */
  run(collect: () => void): void {
    const start = performance.now()
    collect()
    const end = performance.now()
    this.#next = end + PAUSE * (end - start)
  }
}

/** Whether so many bytes that may be garbage are worth a collection, which takes as long as the heap is large. */
export function outweighHeap(bytes: number): boolean {
  return bytes >= getHeapStatistics().used_heap_size
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
