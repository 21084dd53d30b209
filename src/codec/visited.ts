/** Containers seen while one value is encoded. A linear scan is cheapest for the few that most values have. */
const SCANNED = 16

const scanned: (object | undefined)[] = new Array<object | undefined>(SCANNED).fill(undefined)
/** A new one for each value that needs it: clearing a set and filling it again takes twice as long. */
let rest: Set<object> | undefined
let count = 0

/** True while a value is being encoded: a getter of that value is running us again. */
export function isVisiting(): boolean {
  return count !== 0
}

/** Remembers a container. False if it was seen before, so that the value has shared references or cycles. */
export function visit(container: object): boolean {
  for (let index = 0; index < count; index++) {
    if (scanned[index] === container) return false
  }
  if (count < SCANNED) {
    scanned[count++] = container
    return true
  }
  rest ??= new Set()
  // One look-up instead of two: a set that has not grown knew it.
  const { size } = rest
  return rest.add(container).size !== size
}

/** Forgets all, so that no value of the caller is kept alive. */
export function endVisit(): void {
  for (let index = 0; index < count; index++) scanned[index] = undefined
  rest = undefined
  count = 0
}
