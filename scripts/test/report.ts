/**
 * How a test run is told: a line as each step ends, what a failed one printed, and at the end the table and once more
 * what failed, so that the end of a log is enough to know.
 */
import { styleText } from 'node:util'
import { failuresOf } from './failures.js'
import type { Step, StepResult } from './step.js'

/** Enough to see what failed; the rest is in the log file. */
const shownLines = 300

const colours = { passed: 'green', failed: 'red', skipped: 'yellow' } as const

export function announce(step: Step): void {
  // On a terminal the line is written over by the outcome.
  if (process.stdout.isTTY) process.stdout.write(`  …       ${step.name}: ${step.about}`)
}

export function outcome(result: StepResult): void {
  if (process.stdout.isTTY) process.stdout.write('\r\u001B[K')
  console.log(line(result))
  if (result.state !== 'failed') return
  const lines = result.output.trimEnd().split('\n')
  const cut = lines.length - shownLines
  if (cut > 0) console.log(`    (${cut} lines before these are in .build/logs/${result.step.name}.log)`)
  for (const text of lines.slice(-shownLines)) console.log(`    ${text}`)
}

function line({ step, state, seconds, passed, failed, output }: StepResult): string {
  const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined ? styleText(colours[state], state) : state
  const padding = ' '.repeat(8 - state.length)
  const numbers = state === 'skipped' ? output : `${passed} passed, ${failed} failed`
  return `  ${colour}${padding}${step.name.padEnd(12)}${`${seconds.toFixed(1)} s`.padStart(9)}   ${numbers.padEnd(24)} ${step.about}`
}

export function table(results: readonly StepResult[]): void {
  console.log('\nSteps')
  for (const result of results) console.log(line(result))
  failures(results.filter((result) => result.state === 'failed'))
  const sum = (key: 'passed' | 'failed' | 'seconds'): number =>
    results.reduce((total, result) => total + result[key], 0)
  console.log(`\nTotal time ${sum('seconds').toFixed(0)} s`)
  // Alone on the last line: CI reads it.
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
}

function failures(failed: readonly StepResult[]): void {
  if (failed.length > 0) console.log('\nFailures')
  for (const { step, output } of failed) {
    for (const { name, message } of failuresOf(step.name, output)) {
      console.log(`  ${step.name}: ${name}`)
      for (const text of message) console.log(`      ${text}`)
    }
  }
}
