/** The task for pools that take a plain module: gives back what it was given. */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import './load.js'

export function echo(payload: unknown): unknown {
  return payload
}

/** Lets a measurement see to it that every worker has had a task. Declared async: poolifier awaits no other. */
export async function hold(milliseconds: number): Promise<number> {
  return await sleep(milliseconds, milliseconds)
}

/** Kills its worker. */
export function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** For pools that call the default export only. */
export default function either(input: unknown): unknown {
  return typeof input === 'number' ? hold(input) : input
}
