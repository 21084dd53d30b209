/** Runs one step, keeps what it printed in .build/logs/, and tells how it went. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../lib/command.js'
import { countTests } from './count.js'
import type { Step, StepResult } from './step.js'

export const logFolder = join('.build', 'logs')

export async function runStep(step: Step, buildFailed: boolean): Promise<StepResult> {
  if (step.unavailable !== undefined) {
    return { step, state: 'skipped', seconds: 0, passed: 0, failed: 0, output: step.unavailable }
  }
  if (step.needsBuild && buildFailed) {
    return { step, state: 'failed', seconds: 0, passed: 0, failed: 1, output: 'not run: the build failed' }
  }
  const started = performance.now()
  const { code, output } = await runCommand(step.command, step.args, {
    ...(step.env && { env: step.env }),
    timeout: step.timeout,
  })
  const seconds = (performance.now() - started) / 1000
  mkdirSync(logFolder, { recursive: true })
  writeFileSync(join(logFolder, `${step.name}.log`), output)
  const { passed, failed } = countTests(output, code === 0)
  return { step, state: code === 0 ? 'passed' : 'failed', seconds, passed, failed, output }
}
