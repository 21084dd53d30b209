/** What /proc tells about processes, their descriptors and their memory. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'

/** One line of /proc/PID/stat. */
export interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  readonly name: string
  /** `Z` for a zombie. */
  readonly state: string
}

/** Undefined for what vanishes while it is looked at. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** A process, or undefined if there is none of that id. */
export function processInfo(pid: number): ProcessInfo | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (text === undefined) return undefined
  // The name is in parentheses and may hold any of them itself.
  const end = text.lastIndexOf(')')
  const [state = '?', parent = '0'] = text.slice(end + 2).split(' ')
  return { pid, parent: Number(parent), name: text.slice(text.indexOf('(') + 1, end), state }
}

function allProcesses(): ProcessInfo[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map((pid) => processInfo(Number(pid))).filter((info) => info !== undefined)
}

/** Every process that descends from `ancestor`, zombies included. */
export function descendants(ancestor: number = process.pid): ProcessInfo[] {
  const all = allProcesses()
  const found = new Set([ancestor])
  for (let size = 0; size !== found.size; ) {
    size = found.size
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid)
  }
  found.delete(ancestor)
  return all.filter(({ pid }) => found.has(pid))
}

/** Processes that have `text` in their environment: children keep it even when they have lost their parents. */
export function withEnvironment(text: string): ProcessInfo[] {
  return allProcesses().filter(
    ({ pid }) =>
      pid !== process.pid && attempt(() => readFileSync(`/proc/${pid}/environ`, 'latin1'))?.includes(text) === true,
  )
}

/**
 * True for a process that runs. A zombie does not: whether the init of this machine reaps those that were left to it
 * is not ours to say, and zombies of our own are looked for elsewhere.
 */
export function isAlive(pid: number): boolean {
  const info = processInfo(pid)
  return info !== undefined && info.state !== 'Z' && info.state !== 'X'
}

/** The targets of all descriptors of a process, such as `socket:[4711]` or `/memfd:hatchery-lane (deleted)`. */
export function descriptors(pid: number | 'self' = 'self'): string[] {
  const folder = `/proc/${pid}/fd`
  const targets: string[] = []
  for (const name of attempt(() => readdirSync(folder)) ?? []) {
    const target = attempt(() => readlinkSync(`${folder}/${name}`))
    // The descriptor of the folder itself is closed by now, or is the folder.
    if (target !== undefined && !target.endsWith('/fd')) targets.push(target)
  }
  return targets
}

/** The lines of /proc/PID/maps that show memory of a memfd. */
export function memfdMappings(pid: number | 'self' = 'self'): string[] {
  const text = attempt(() => readFileSync(`/proc/${pid}/maps`, 'utf8')) ?? ''
  return text.split('\n').filter((line) => line.includes('/memfd:'))
}

/** Inodes of the memfds that a process holds open or mapped. */
export function memfdInodes(pid: number): string[] {
  const mapped = memfdMappings(pid).map((line) => line.split(/\s+/)[4] ?? '')
  return [...new Set(mapped)]
}

/** Processes that map any of these memfds. */
export function holdersOf(inodes: readonly string[]): number[] {
  const wanted = new Set(inodes)
  return allProcesses()
    .filter(({ pid }) => memfdInodes(pid).some((inode) => wanted.has(inode)))
    .map(({ pid }) => pid)
}

/** Names of the threads of this process. */
export function threadNames(): string[] {
  const names = readdirSync('/proc/self/task').map((id) =>
    attempt(() => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim()),
  )
  return names.filter((name) => name !== undefined)
}

/** A figure of /proc/PID/status in bytes, such as `VmRSS`. */
export function statusBytes(field: string, pid: number | 'self' = 'self'): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (match === null) throw new Error(`/proc/${pid}/status has no ${field}`)
  return Number(match[1]) * 1024
}
