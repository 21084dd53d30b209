import { TAG_PAD } from './tags.js'

/** Most bytes of padding in front of a message. */
const MOST = 15

/** Bytes of padding in front of a message. */
export function paddingOf(bytes: Uint8Array, offset: number, length: number): number {
  const most = Math.min(MOST, length)
  let count = 0
  while (count < most && bytes[offset + count] === TAG_PAD) count++
  return count
}
