/** What the container runs. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { current } from 'hatchery/worker'

export function where() {
  const status = readFileSync('/proc/self/status', 'utf8')
  const field = (name) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)[1]
  return { user: process.getuid(), rights: field('CapBnd'), seccomp: field('Seccomp'), task: typeof current.id }
}

/** By path: `ok`, or why nothing can be written there. */
export function writable(...folders) {
  return folders.map((folder) => {
    try {
      writeFileSync(`${folder}/probe`, '')
      rmSync(`${folder}/probe`)
      return 'ok'
    } catch (error) {
      return error.code
    }
  })
}

/** Dies, and leaves a program behind that ends a little later. */
export function abandon() {
  const program = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 200)'], { stdio: 'ignore', detached: true })
  program.once('spawn', () => process.kill(process.pid, 'SIGKILL'))
  return new Promise(() => {})
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds, 'slept'))
