/** Containers seen while one value is encoded. A linear scan is cheapest for the few that most values have. */
const SCANNED = 16

const scanned: (object | undefined)[] = new Array<object | undefined>(SCANNED).fill(undefined)
const rest = new Set<object>()
let count = 0

/** True while a value is being encoded: a getter of that value is running us again. */
export function isVisiting(): boolean {
  return count !== 0
}

/** Remembers a container. False if it was seen before, so that the value has shared references or cycles. */
export function visit(container: object): boolean {
  const scan = count < SCANNED ? count : SCANNED
  for (let index = 0; index < scan; index++) {
    if (scanned[index] === container) return false
  }
  if (count < SCANNED) {
    scanned[count++] = container
    return true
  }
  if (rest.has(container)) return false
  rest.add(container)
  count++
  return true
}

/** Forgets all, so that no value of the caller is kept alive. */
export function endVisit(): void {
  const scan = count < SCANNED ? count : SCANNED
  for (let index = 0; index < scan; index++) scanned[index] = undefined
  if (count > SCANNED) rest.clear()
  count = 0
}
