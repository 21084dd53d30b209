import { SHORT_TEXT, shortText } from './short-text.js'

const { latin1Slice, latin1Write, ucs2Slice, ucs2Write } = Buffer.prototype

/** For a string that V8 holds in one byte a unit this fails at once, without a look at the units. */
const WIDE = /[^\u0000-\u00ff]/

/** True if every UTF-16 unit of `text` fits one byte. Dear only for strings V8 holds in two bytes a unit. */
export function isLatin1(text: string): boolean {
  return !WIDE.test(text)
}

/**
 * Writes one byte a unit at `offset` and returns the end, or -1 if a unit does not fit one byte (what was written
 * is then to be overwritten). The caller has checked that `text.length` bytes fit.
 */
export function putLatin1(target: Uint8Array, offset: number, text: string): number {
  const length = text.length
  if (length <= SHORT_TEXT) {
    let seen = 0
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index)
      seen |= unit
      target[offset + index] = unit
    }
    return seen > 255 ? -1 : offset + length
  }
  if (WIDE.test(text)) return -1
  latin1Write.call(target, text, offset, length)
  return offset + length
}

/** Writes two bytes a unit at `offset` and returns the end. The caller has checked that they fit. */
export function putUtf16(target: Uint8Array, offset: number, text: string): number {
  // A native write of nothing at the very end of a buffer is refused as out of range by some versions of Node.
  if (text.length !== 0) ucs2Write.call(target, text, offset, text.length * 2)
  return offset + text.length * 2
}

/** Reads `length` bytes, one a unit. */
export function takeLatin1(source: Uint8Array, offset: number, length: number): string {
  return length <= SHORT_TEXT ? shortText(source, offset, length) : latin1Slice.call(source, offset, offset + length)
}

/** Reads `length` bytes (even), two a unit. */
export function takeUtf16(source: Uint8Array, offset: number, length: number): string {
  return ucs2Slice.call(source, offset, offset + length)
}
