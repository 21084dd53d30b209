/** Child processes for the tools: a command that must succeed, and one whose output is wanted. */
import { type SpawnOptions, spawn } from 'node:child_process'
import process from 'node:process'

export interface CommandResult {
  /** Exit code; a death by signal counts as 1. */
  code: number
  /** stdout and stderr as they came, interleaved. */
  output: string
}

export interface CommandOptions {
  cwd?: string
  env?: Record<string, string | undefined>
  /** Pass the output on to this process's stderr as it comes (and collect it too). */
  echo?: boolean
  /** Milliseconds, after which the command and what it started are killed. */
  timeout?: number
}

/** Runs a command to its end and tells how it went; never rejects for a failing command. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const spawnOptions: SpawnOptions = {
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a time-out ends the whole tree.
    detached: options.timeout !== undefined,
  }
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(command, args, spawnOptions)
    const collect = (chunk: Buffer): void => {
      output += chunk.toString()
      if (options.echo) process.stderr.write(chunk)
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            output += `\n${command}: killed after ${options.timeout} ms\n`
            if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
          }, options.timeout)
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ code: 127, output: `${output}${command}: ${error.message}\n` })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? 1, output })
    })
  })
}

/** Runs a command that must succeed; its output is shown only when it does not. */
export async function mustRun(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, output } = await runCommand(command, args, options)
  if (code !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed with exit code ${code}\n${options.echo ? '' : output}`)
  }
  return output
}
