/** Differences up to which a word is taken for another one that was meant. */
const CLOSE = 2
/** Words up to this length are told apart by one difference less: there are too many near them. */
const SHORT = 5

/**
 * The known word that `word` seems to be meant for, though it is spelled otherwise: in another case, with other marks
 * between its parts, or with a slip or two. Of several the one most like it. For hints in messages of errors.
 */
export function closestWord(word: string, known: Iterable<string>): string | undefined {
  const plain = normalized(word)
  let closest: string | undefined
  let least = CLOSE + 1
  for (const candidate of known) {
    const aim = normalized(candidate)
    const limit = aim.length > SHORT || plain.startsWith(aim) ? CLOSE : CLOSE - 1
    if (Math.abs(plain.length - aim.length) > limit) continue
    const far = distance(plain, aim)
    if (far <= limit && far < least) [closest, least] = [candidate, far]
  }
  return closest
}

function normalized(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Letters that must be put in, left out, changed or exchanged with the next to make one word of the other. */
function distance(from: string, to: string): number {
  let [before, last]: number[][] = [[], Array.from({ length: to.length + 1 }, (_, at) => at)]
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const exchanged = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next[column] = Math.min(
        last![column]! + 1,
        next[column - 1]! + 1,
        last![column - 1]! + (same ? 0 : 1),
        exchanged ? before![column - 2]! + 1 : Infinity,
      )
    }
    ;[before, last] = [last, next]
  }
  return last![to.length]!
}
