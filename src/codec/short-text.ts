const fromCharCode = String.fromCharCode

/** Longest text that {@link shortText} builds. Above it one native call is the cheaper way. */
export const SHORT_TEXT = 24

/**
 * Reads `length` (0 to {@link SHORT_TEXT}) Latin-1 bytes as a string.
 *
 * `fromCharCode` with its arguments spelled out is inlined by the JIT: 30 ns for 20 bytes, where
 * `latin1Slice` takes 56 ns and a loop of concatenations builds a rope that is dear to read.
 */
// biome-ignore format: a table, eight bytes a row
export function shortText(b: Uint8Array, o: number, length: number): string {
  switch (length) {
    case 0: return ''
    case 1: return fromCharCode(b[o]!)
    case 2: return fromCharCode(b[o]!, b[o + 1]!)
    case 3: return fromCharCode(b[o]!, b[o + 1]!, b[o + 2]!)
    case 4: return fromCharCode(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!)
    case 5: return fromCharCode(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!)
    case 6: return fromCharCode(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!)
    case 7: return fromCharCode(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!)
    case 8: return fromCharCode(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!)
    case 9: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!,
    )
    case 10: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!,
    )
    case 11: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!,
    )
    case 12: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!,
    )
    case 13: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!,
    )
    case 14: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!,
    )
    case 15: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!,
    )
    case 16: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!, b[o + 15]!,
    )
    case 17: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!, b[o + 15]!,
      b[o + 16]!,
    )
    case 18: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!, b[o + 15]!,
      b[o + 16]!, b[o + 17]!,
    )
    case 19: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!, b[o + 15]!,
      b[o + 16]!, b[o + 17]!, b[o + 18]!,
    )
    case 20: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!, b[o + 15]!,
      b[o + 16]!, b[o + 17]!, b[o + 18]!, b[o + 19]!,
    )
    case 21: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!, b[o + 15]!,
      b[o + 16]!, b[o + 17]!, b[o + 18]!, b[o + 19]!, b[o + 20]!,
    )
    case 22: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!, b[o + 15]!,
      b[o + 16]!, b[o + 17]!, b[o + 18]!, b[o + 19]!, b[o + 20]!, b[o + 21]!,
    )
    case 23: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!, b[o + 15]!,
      b[o + 16]!, b[o + 17]!, b[o + 18]!, b[o + 19]!, b[o + 20]!, b[o + 21]!, b[o + 22]!,
    )
    case 24: return fromCharCode(
      b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
      b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!, b[o + 15]!,
      b[o + 16]!, b[o + 17]!, b[o + 18]!, b[o + 19]!, b[o + 20]!, b[o + 21]!, b[o + 22]!, b[o + 23]!,
    )
    default: throw new RangeError('shortText: too long')
  }
}
