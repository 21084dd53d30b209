/** Containers seen while one value is encoded. A linear scan is cheapest for the few that most values have. */
const SCANNED = 16
/** Of the others, so many at a time are added to the set before its size tells whether one was there already. */
const BATCH = 64

const scanned: (object | undefined)[] = new Array<object | undefined>(SCANNED).fill(undefined)
/** A new one for each value that needs it: clearing a set and filling it again takes twice as long. */
let rest: Set<object> | undefined
let count = 0

/** True while a value is being encoded: a getter of that value is running us again. */
export function isVisiting(): boolean {
  return count !== 0
}

/**
 * Remembers a container. False if one was seen before, so that the value has shared references or cycles. Among many
 * containers that shows some steps later; {@link anyShared} has the last word.
 */
export function visit(container: object): boolean {
  const scan = count < SCANNED ? count : SCANNED
  for (let index = 0; index < scan; index++) {
    if (scanned[index] === container) return false
  }
  if (count < SCANNED) {
    scanned[count++] = container
    return true
  }
  rest ??= new Set()
  rest.add(container)
  count++
  return count % BATCH !== 0 || !anyShared()
}

/** True if any container was visited twice. */
export function anyShared(): boolean {
  return rest !== undefined && rest.size !== count - SCANNED
}

/** Number of visits. */
export function visitCount(): number {
  return count
}

/** Forgets all visits but the first `visits`; if any container is shared, that remains to be seen. */
export function unvisit(visits: number): void {
  if (anyShared()) return
  if (rest !== undefined) {
    let index = SCANNED
    for (const container of rest) if (index++ >= visits) rest.delete(container)
  }
  for (let index = visits; index < SCANNED && index < count; index++) scanned[index] = undefined
  count = visits
  if (count <= SCANNED) rest = undefined
}

/** Forgets all, so that no value of the caller is kept alive. */
export function endVisit(): void {
  const scan = count < SCANNED ? count : SCANNED
  for (let index = 0; index < scan; index++) scanned[index] = undefined
  rest = undefined
  count = 0
}
