import type { Affinity } from '../native/index.js'
import { checkInteger } from './check.js'
import { invalidOption } from './invalid-option.js'

/** No machine has more processors than that. */
const MAX_PROCESSOR = 0xffff

/**
 * The option `affinity`, copied and frozen.
 *
 * @param allowedProcessors asked only if the value names processors
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function checkAffinity(value: unknown, allowedProcessors: () => readonly number[]): Affinity {
  if (value === 'none' || value === 'spread') return value
  if (!Array.isArray(value) || value.length === 0) {
    throw invalidOption('affinity', "'none', 'spread' or an array of arrays of processors, not empty", value)
  }
  const allowed = allowedProcessors()
  return Object.freeze(Array.from(value, (list, index) => checkList(`affinity[${index}]`, list, allowed)))
}

function checkList(option: string, list: unknown, allowed: readonly number[]): readonly number[] {
  if (!Array.isArray(list) || list.length === 0) {
    throw invalidOption(option, 'an array of processors, not empty', list)
  }
  return Object.freeze(
    Array.from(list, (processor, index) => {
      const number = checkInteger(`${option}[${index}]`, processor, 0, MAX_PROCESSOR)
      if (allowed.includes(number)) return number
      const expected = `a processor that this process may use (${inRanges(allowed)})`
      throw invalidOption(`${option}[${index}]`, expected, number)
    }),
  )
}

/** Ascending numbers the way the kernel lists processors: `0-3,8`. */
function inRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const number of numbers) {
    const range = ranges.at(-1)
    if (range !== undefined && range[1] === number - 1) range[1] = number
    else ranges.push([number, number])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}
