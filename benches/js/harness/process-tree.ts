/** What the kernel says of this process and its descendants: processor time, memory, context switches. */
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'

/** USER_HZ, the unit of the times in /proc/PID/stat: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

interface Stat {
  parent: number
  /** Own and waited-for children's, user and system, in ticks. */
  ticks: number
}

function readStat(pid: number): Stat | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name is in brackets and may itself hold spaces and brackets: the fields begin after the last one.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
    const number = (index: number): number => Number(fields[index])
    return { parent: number(1), ticks: number(11) + number(12) + number(13) + number(14) }
  } catch {
    // It ended between the listing and the reading.
    return undefined
  }
}

function tree(root: number): Map<number, Stat> {
  const all = new Map<number, Stat>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const stat = Number.isInteger(pid) ? readStat(pid) : undefined
    if (stat) all.set(pid, stat)
  }
  const found = new Map<number, Stat>()
  const visit = (pid: number): void => {
    const stat = all.get(pid)
    if (!stat) return
    found.set(pid, stat)
    for (const [child, { parent }] of all) if (parent === pid) visit(child)
  }
  visit(root)
  return found
}

/** Descendants of a process, itself not among them. */
export function descendants(root = process.pid): number[] {
  return [...tree(root).keys()].filter((pid) => pid !== root)
}

/** Seconds of processor time used so far by this process and all its descendants. */
export function treeCpuSeconds(): number {
  let ticks = 0
  for (const stat of tree(process.pid).values()) ticks += stat.ticks
  return ticks / ticksPerSecond
}

export interface Memory {
  /** Proportional set size: a page shared by n processes counts as 1/n in each. Bytes. */
  pss: number
  /** Pages that no other process has. Bytes. */
  private: number
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kilobytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN)
  return { pss: kilobytes('Pss') * 1024, private: (kilobytes('Private_Clean') + kilobytes('Private_Dirty')) * 1024 }
}

export interface Activity {
  /** How often its threads went to sleep or were made to wait, since they began: each wake-up ends in one of these. */
  switches: number
  cpuSeconds: number
}

/** Of all threads of a process; nothing for a process that has ended. */
export function activityOf(pid: number): Activity {
  const total: Activity = { switches: 0, cpuSeconds: 0 }
  for (const thread of threadsOf(pid)) {
    try {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
      for (const [, count] of status.matchAll(/^(?:non)?voluntary_ctxt_switches:\s+(\d+)$/gm)) {
        total.switches += Number(count)
      }
      // Nanoseconds on a processor, where `stat` would only have hundredths of a second.
      const nanoseconds = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]
      total.cpuSeconds += Number(nanoseconds) / 1e9
    } catch {
      // The thread ended between the listing and the reading.
    }
  }
  return total
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}
