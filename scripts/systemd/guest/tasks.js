/** What the service runs: tasks that look at where they are. */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { current } from 'hatchery/worker'

export const pid = () => process.pid
export const taskId = () => current.id
export const group = () => readFileSync('/proc/self/cgroup', 'utf8').trim().slice('0::'.length)

export function sum(count) {
  let total = 0
  for (let number = 0; number < count; number++) total = (total + number) | 0
  return total
}

/** One function that gives 42. */
export async function webAssembly() {
  const bytes = '0061736d010000000105016000017f03020100070501016600000a06010400412a0b'
  const { instance } = await WebAssembly.instantiate(Buffer.from(bytes, 'hex'))
  return instance.exports.f()
}

export const digest = (bytes) => createHash('sha256').update(bytes).digest('hex')
export const execute = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' }).trim()

export async function thread() {
  const worker = new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true })
  const [message] = await once(worker, 'message')
  await once(worker, 'exit')
  return message
}

/** A connection to itself. */
export async function network() {
  const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const [text] = await once(connect(server.address().port, '127.0.0.1'), 'data')
  server.close()
  return String(text)
}

/** By path: `ok`, or why nothing can be written there. */
export function writable(...folders) {
  return Object.fromEntries(
    folders.map((folder) => {
      try {
        writeFileSync(`${folder}/probe`, '')
        rmSync(`${folder}/probe`)
        return [folder, 'ok']
      } catch (error) {
        return [folder, error.code]
      }
    }),
  )
}

/** `ok`, or why it cannot be read. */
export function readable(file) {
  try {
    readFileSync(file)
    return 'ok'
  } catch (error) {
    return error.code
  }
}

/** Of the memory of another process. */
export function peek(pid) {
  return readable(`/proc/${pid}/environ`)
}

/** The same of its memory; what is mapped first can be read, if one may at all. */
export function peekMemory(pid) {
  const [address] = readFileSync(`/proc/${process.pid}/maps`, 'utf8').split('-')
  try {
    const file = openSync(`/proc/${pid}/mem`, 'r')
    readSync(file, Buffer.alloc(8), 0, 8, Number.parseInt(address, 16))
    closeSync(file)
    return 'ok'
  } catch (error) {
    return error.code
  }
}

export function say(text) {
  console.log(text)
  console.error(text)
}

export const crash = () => process.kill(process.pid, 'SIGSEGV')

export function eat() {
  const eaten = []
  for (;;) eaten.push(Buffer.alloc(16 * 2 ** 20, 1))
}

/** Starts programs until it may not any more; what the kernel says then. */
export async function breed() {
  const children = []
  try {
    for (let count = 0; count < 200; count++) {
      const child = spawn('/bin/sleep', ['60'], { stdio: 'ignore' })
      children.push(child)
      const failed = await Promise.race([once(child, 'spawn').then(() => undefined), once(child, 'error')])
      if (failed) return failed[0].code
    }
    return 'no limit'
  } catch (error) {
    return error.code
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds, 'slept'))
