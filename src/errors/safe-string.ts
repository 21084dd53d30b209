/** A value in words. Of an object, which may come from anywhere, those are its own, and it may have none. */
export function safeString(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'a value that cannot be turned into text'
  }
}
