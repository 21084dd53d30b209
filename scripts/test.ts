/**
 * `npm test [-- --only STEP[,STEP] --skip STEP[,STEP] --list] [FILE ...]`: builds, then runs every check there is, going
 * on after a failure. FILE narrows the ava steps to test files or folders, such as __test__/submit.
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { buildParts, defaultParts } from './build/parts.js'
import { announce, outcome, table } from './test/report.js'
import { runStep } from './test/run-step.js'
import type { Step, StepResult } from './test/step.js'
import { allSteps } from './test/steps.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [] },
    skip: { type: 'string', multiple: true, default: [] },
    debug: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
})
const names = (values: readonly string[]): string[] => values.flatMap((value) => value.split(','))
const only = names(values.only)
const skip = names(values.skip)

const steps = allSteps(positionals)
const unknown = [...only, ...skip].filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(', ')}. Steps: ${steps.map((step) => step.name).join(', ')}`)
  process.exit(2)
}
if (values.list) {
  for (const { name, about } of steps) console.log(`${name.padEnd(12)} ${about}`)
  process.exit(0)
}

const buildStep: Step = { name: 'build', about: 'addon, package and tests', command: '', args: [], timeout: 0 }

async function build(): Promise<StepResult> {
  const started = performance.now()
  try {
    await buildParts([...defaultParts, 'test'], { debug: values.debug })
    const seconds = (performance.now() - started) / 1000
    return { step: buildStep, state: 'passed', seconds, passed: 1, failed: 0, output: '' }
  } catch (error) {
    const seconds = (performance.now() - started) / 1000
    const output = error instanceof Error ? error.message : String(error)
    return { step: buildStep, state: 'failed', seconds, passed: 0, failed: 1, output }
  }
}

const chosen = steps.filter(({ name }) => (only.length === 0 || only.includes(name)) && !skip.includes(name))
const results: StepResult[] = []
if (chosen.some((step) => step.needsBuild)) {
  announce(buildStep)
  results.push(await build())
  results.forEach(outcome)
}
const buildFailed = results.some((result) => result.state === 'failed')
for (const step of chosen) {
  announce(step)
  const result = await runStep(step, buildFailed)
  results.push(result)
  outcome(result)
}
table(results)
process.exitCode = results.some((result) => result.state === 'failed') ? 1 : 0
