/** One line of the input. */
export interface Line {
  /** From 1. */
  readonly number: number
  /** Without its end. */
  readonly text: string
  /** Bytes that it took up in the input, its end included. */
  readonly bytes: number
  /** It is longer than {@link LONGEST} bytes, and its text was not kept. */
  readonly tooLong?: true
}

/** Longest line, in bytes. Without an end to it memory would grow with the input; no text has more than half a gigabyte anyway. */
export const LONGEST = 256 << 20

const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/**
 * The lines of a stream of UTF-8, ended by LF or CRLF. Only as much is read as is asked for. (`node:readline` also ends lines
 * at U+2028, which may stand in a JSON string.)
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line, void, undefined> {
  let number = 0
  /** Pieces of a line that goes on, as far as they are kept, and its bytes so far. */
  let begun: Uint8Array[] = []
  let length = 0
  const add = (piece: Uint8Array) => {
    length += piece.length
    if (length <= LONGEST) begun.push(piece)
    else begun = []
  }
  const take = (end: number): Line => {
    const line =
      length > LONGEST
        ? ({ number: ++number, text: '', bytes: length + end, tooLong: true } as const)
        : lineOf(++number, begun.length === 1 ? begun[0]! : Buffer.concat(begun), end)
    begun = []
    length = 0
    return line
  }
  for await (const chunk of chunks) {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, from)
      if (end < 0) break
      add(chunk.subarray(from, end))
      yield take(1)
      from = end + 1
    }
    if (from < chunk.length) add(chunk.subarray(from))
  }
  if (length > 0) yield take(0)
}

function lineOf(number: number, content: Uint8Array, end: number): Line {
  const length = content.at(-1) === CARRIAGE_RETURN ? content.length - 1 : content.length
  const text = Buffer.from(content.buffer, content.byteOffset, length).toString('utf8')
  // A byte order mark is no part of the first line.
  return { number, text: number === 1 ? text.replace(/^\ufeff/, '') : text, bytes: content.length + end }
}
