import type { Writable } from 'node:stream'

/** How text is made to stand out. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  inverse(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

/** A stream that may be a terminal. */
export type MaybeTerminal = Writable & { isTTY?: boolean; columns?: number; rows?: number; hasColors?(): boolean }

/** The style that a stream understands: none for files and pipes, nor with `NO_COLOR`. */
export function styleOf(stream: MaybeTerminal): Style {
  return stream.isTTY === true && stream.hasColors?.() === true ? COLORED : PLAIN
}

const code =
  (begin: number, end: number) =>
  (text: string): string =>
    text === '' ? '' : `\x1b[${begin}m${text}\x1b[${end}m`

const COLORED: Style = {
  bold: code(1, 22),
  dim: code(2, 22),
  inverse: code(7, 27),
  red: code(31, 39),
  green: code(32, 39),
  yellow: code(33, 39),
  cyan: code(36, 39),
}

const same = (text: string): string => text

/** Text as it is. */
export const PLAIN: Style = {
  bold: same,
  dim: same,
  inverse: same,
  red: same,
  green: same,
  yellow: same,
  cyan: same,
}
