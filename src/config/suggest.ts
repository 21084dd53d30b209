/** The word most like `word`, if one is like it: two letters of seven may differ. */
export function suggest(word: string, words: Iterable<string>): string | undefined {
  const wanted = plain(word)
  let best: string | undefined
  let least = Math.floor(wanted.length / 3) + 1
  for (const candidate of words) {
    const far = distance(wanted, plain(candidate))
    if (far < least) [best, least] = [candidate, far]
  }
  return best
}

/** Spelling with dashes, capitals or underscores is no difference. */
function plain(word: string): string {
  return word.replace(/[-_\s]/g, '').toLowerCase()
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i++) {
    const current = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const same = a[i] === b[j] ? 0 : 1
      current.push(Math.min(previous[j + 1]! + 1, current[j]! + 1, previous[j]! + same))
    }
    previous = current
  }
  return previous[b.length]!
}
