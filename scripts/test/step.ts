/** What a step of the test run is. */

export interface Step {
  name: string
  /** For the table: what passing it means. */
  about: string
  command: string
  args: readonly string[]
  /** Added to this process's environment; undefined: taken from it. */
  env?: Record<string, string | undefined>
  /** Why it cannot run here; such a step is skipped and said so. */
  unavailable?: string
  /** Needs what the build makes: failed without a run when the build failed. */
  needsBuild?: boolean
  /** Milliseconds after which the step is killed and has failed. */
  timeout: number
}

export interface StepResult {
  step: Step
  state: 'passed' | 'failed' | 'skipped'
  seconds: number
  /** Tests by their runner's own count; a check without tests counts as one. */
  passed: number
  failed: number
  output: string
}
