/** How wide text is on a terminal, and text that fits. */
import { stripVTControlCharacters } from 'node:util'

/** Characters of two columns: those of East Asia, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
/** Characters of none: those that are combined with the one before. */
const NONE = /\p{Mark}|\u200b|\u200d|\ufe0f/u

/** Columns that text takes up; escape sequences take none. */
export function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text)
  if (/^[ -~]*$/.test(plain)) return plain.length
  let width = 0
  for (const character of plain) width += widthOfOne(character)
  return width
}

/**
 * Text from elsewhere, such as what a worker has printed, as one line that does nothing to a terminal: without escape sequences and control
 * characters.
 */
export function harmless(text: string): string {
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ')
}

/** At most so many columns of text that has no escape sequences; what is cut off leaves an ellipsis. */
export function cut(text: string, columns: number): string {
  if (columns <= 0) return ''
  if (widthOf(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const character of text) {
    width += widthOfOne(character)
    if (width > columns - 1) break
    kept += character
  }
  return `${kept}…`
}

/** Text in exactly so many columns, cut or filled up. */
export function fill(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const short = cut(text, columns)
  const blank = ' '.repeat(Math.max(0, columns - widthOf(short)))
  return side === 'left' ? short + blank : blank + short
}

function widthOfOne(character: string): number {
  if (NONE.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
