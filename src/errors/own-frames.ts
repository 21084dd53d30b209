import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../native/package-root.js'

/** A line that V8 writes for a call. */
const FRAME = /^ +at /
/** A call of Node's or of V8's own: it belongs to whoever made it. */
const BUILT_IN = /\(?(?:node:[^()]*|<anonymous>)\)?$/

/** How frames of this package name their file: as modules, and as CommonJS. */
let places: readonly string[] | undefined

/**
 * A stack without what called the user's code: the frames below it that are of this package. One that has nothing else, of
 * an error of Hatchery's own, stays as it is.
 */
export function withoutOwnFrames(stack: string): string {
  places ??= placesOf(join(packageRoot(), 'dist') + sep)
  if (!places.some((place) => stack.includes(place))) return stack
  const lines = stack.split('\n')
  let last = lines.length - 1
  let ours = false
  for (; last >= 0; last--) {
    const line = lines[last]!
    if (!FRAME.test(line)) return stack
    if (places.some((place) => line.includes(place))) ours = true
    else if (!BUILT_IN.test(line)) break
  }
  return ours ? lines.slice(0, last + 1).join('\n') : stack
}

function placesOf(folder: string): string[] {
  return [pathToFileURL(folder).href, folder]
}
