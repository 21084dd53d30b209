/** Layout of the records between JavaScript and crates/node; ARCHITECTURE.md, "Staging and events". Offsets in bytes. */

/** Staging record: ticket, function, options, timeout, length, queueTimeout, then the payload. */
export const STAGING_HEADER = 24
/** Payloads above this travel by `submitLarge`, so that one does not fill the staging buffer for all. */
export const MAX_STAGED = 64 * 1024

/** The low half of an event's kind is the kind; above it, as in a staging record's options, how many segments the payload mentions. */
export const KIND_MASK = 0xffff
export const MENTIONS_SHIFT = 16
/** Of a staging record's options: its ticket may be named again before the task settles, as `cancel` does. */
export const ADDRESSED = 4
/** … the host is told when a worker begins it, and of its retries. */
export const OBSERVED = 8

/** Event record: kind, ticket, length, large, then the payload. */
export const EVENT_HEADER = 16

/** Where the answer lies in the exchange of synchronous calls; before it lies the argument. */
export const EXCHANGE_ANSWER = 64 * 1024
/** Of an answer: length, and 1 if it lies apart; then the payload. */
export const EXCHANGE_HEADER = 8

export const EVENT_COMPLETED = 1
export const EVENT_FAILED = 2
export const EVENT_PROGRESS = 3
export const EVENT_SETTLED = 4
export const EVENT_POOL = 5
export const EVENT_ITEM = 6
export const EVENT_PULLED = 7
export const EVENT_FORWARDED = 8
export const EVENT_UNDECIDED = 9
export const EVENT_BEGUN = 10
export const EVENT_RETRIED = 11

/** Records begin at multiples of 8. */
export function align(offset: number): number {
  return (offset + 7) & ~7
}
