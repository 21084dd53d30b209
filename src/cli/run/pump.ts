/** What became of one item. */
export type Outcome<Item, Result> =
  | { readonly item: Item; readonly ok: true; readonly value: Result }
  | { readonly item: Item; readonly ok: false; readonly error: unknown }

/** How items are run. */
export interface PumpOptions<Item, Result> {
  readonly run: (item: Item) => Promise<Result>
  /** Items that are run, or whose outcomes wait to be taken, at most. */
  readonly limit: () => number
  /** Whether outcomes come in the order of the items. */
  readonly ordered: boolean
}

/**
 * Runs items of a source, and yields what becomes of each. Unlike `pool.map` it goes on after a failure. The source is asked
 * for an item only when there is room for it; when it ends, what was begun is waited for.
 */
export async function* pump<Item, Result>(
  source: AsyncIterator<Item, void, undefined>,
  { run, limit, ordered }: PumpOptions<Item, Result>,
): AsyncGenerator<Outcome<Item, Result>, void, undefined> {
  /** Ordered: of all items. Otherwise: of those that have settled. */
  const queue: { outcome: Outcome<Item, Result> | undefined }[] = []
  let outstanding = 0
  let asking = false
  let ended = false
  let failure: { error: unknown } | undefined
  let wake: (() => void) | undefined

  const settle = (place: { outcome: Outcome<Item, Result> | undefined }, outcome: Outcome<Item, Result>) => {
    place.outcome = outcome
    if (!ordered) queue.push(place)
    wake?.()
  }
  const begin = (item: Item) => {
    const place: { outcome: Outcome<Item, Result> | undefined } = { outcome: undefined }
    outstanding++
    if (ordered) queue.push(place)
    run(item).then(
      (value) => settle(place, { item, ok: true, value }),
      (error: unknown) => settle(place, { item, ok: false, error }),
    )
  }
  const ask = () => {
    asking = true
    source.next().then(
      (step) => {
        asking = false
        if (step.done === true) ended = true
        else begin(step.value)
        if (!ended && outstanding < limit()) ask()
        else wake?.()
      },
      (error: unknown) => {
        asking = false
        ended = true
        failure = { error }
        wake?.()
      },
    )
  }

  for (;;) {
    if (!asking && !ended && outstanding < limit()) ask()
    const first = queue[0]
    if (first?.outcome !== undefined) {
      queue.shift()
      outstanding--
      yield first.outcome
    } else if (ended && outstanding === 0) {
      if (failure !== undefined) throw failure.error
      return
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      wake = undefined
    }
  }
}
