/** One line of the input. */
export interface Line {
  /** From 1. */
  readonly number: number
  /** Without its end. */
  readonly text: string
  /** Bytes that it took up in the input, its end included. */
  readonly bytes: number
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/**
 * The lines of a stream of UTF-8, ended by LF or CRLF. Only as much is read as is asked for. (`node:readline` also ends lines
 * at U+2028, which may stand in a JSON string.)
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line, void, undefined> {
  let number = 0
  /** Pieces of a line that goes on. */
  let begun: Uint8Array[] = []
  for await (const chunk of chunks) {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, from)
      if (end < 0) break
      const last = chunk.subarray(from, end)
      yield lineOf(++number, begun.length === 0 ? last : Buffer.concat([...begun, last]), 1)
      begun = []
      from = end + 1
    }
    if (from < chunk.length) begun.push(chunk.subarray(from))
  }
  if (begun.length > 0) yield lineOf(++number, Buffer.concat(begun), 0)
}

function lineOf(number: number, content: Uint8Array, end: number): Line {
  const length = content.at(-1) === CARRIAGE_RETURN ? content.length - 1 : content.length
  const text = Buffer.from(content.buffer, content.byteOffset, length).toString('utf8')
  // A byte order mark is no part of the first line.
  return { number, text: number === 1 ? text.replace(/^\ufeff/, '') : text, bytes: content.length + end }
}
