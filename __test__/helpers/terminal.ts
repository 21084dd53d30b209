import process from 'node:process'
import { CLI, Program } from './daemon.js'

/** Quoted for a shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A shell command in which `hatchery` is the command line under test. */
export function shellCommand(command: string): string {
  return `hatchery() { ${quote(process.execPath)} ${quote(CLI)} "$@"; }; ${command}`
}

/**
 * A shell command in a terminal of its own (`script`, of Debian's bsdutils), of 110 columns and 30 rows. What is
 * written to it are keys.
 */
export class Terminal extends Program implements AsyncDisposable {
  constructor(command: string) {
    const line = shellCommand(`stty rows 30 columns 110; ${command}`)
    super(['-qec', line, '/dev/null'], { TERM: 'xterm-256color', NO_COLOR: undefined, FORCE_COLOR: undefined }, [
      'script',
    ])
  }

  /** Presses keys. */
  press(keys: string): void {
    this.process.stdin!.write(keys)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL')
    await this.ended
  }
}
