/** The task with which a pool is tried. */
export function add([a, b]: readonly [number, number]): number {
  return a + b
}
