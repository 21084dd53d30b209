/** Reads how many tests passed and failed out of what the runners print. */
import { stripVTControlCharacters } from 'node:util'

export interface Count {
  passed: number
  failed: number
}

interface Pattern {
  expression: RegExp
  count: keyof Count
}

const patterns: readonly Pattern[] = [
  // cargo test prints one such line a test binary.
  { expression: /^test result: \w+\. (\d+) passed/gm, count: 'passed' },
  { expression: /^test result: \w+\. \d+ passed; (\d+) failed/gm, count: 'failed' },
  // ava; how many passed it says only where none failed, so its ticks are counted instead.
  { expression: /^\s+(\d+) (?:tests?|hooks?) failed/gm, count: 'failed' },
  { expression: /^\s+(\d+) (?:uncaught exceptions?|unhandled rejections?|tests? remained pending)/gm, count: 'failed' },
  // tstyche
  { expression: /^Tests:.*?(\d+) passed/gm, count: 'passed' },
  { expression: /^Tests:.*?(\d+) failed/gm, count: 'failed' },
]

/** The runners' own numbers, made to agree with the exit code: a failure that no runner counted counts as one. */
export function countTests(output: string, succeeded: boolean): Count {
  const text = stripVTControlCharacters(output)
  const count: Count = { passed: 0, failed: 0 }
  for (const { expression, count: key } of patterns) {
    for (const [, number] of text.matchAll(expression)) count[key] += Number(number)
  }
  count.passed += text.match(/^\s+✔ /gm)?.length ?? 0
  if (!succeeded && count.failed === 0) count.failed = 1
  if (succeeded && count.passed === 0) count.passed = 1
  return count
}
