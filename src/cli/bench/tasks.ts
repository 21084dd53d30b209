/** The tasks that are measured. */

export default function echo(value: unknown): unknown {
  return value
}
