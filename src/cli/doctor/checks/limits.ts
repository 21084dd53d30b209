import type { MachineProbe } from '../../../native/index.js'
import { bytes, count } from '../../terminal/units.js'
import type { Check, Machine } from '../check.js'

/** Descriptors of the host for each worker: lane, two eventfds, control socket, pidfd, lifeline, two pipes. */
const FILES_A_WORKER = 8
/** Few enough to run out of. */
const FEW_FILES = 1024
const FEW_PROCESSES = 256
/** Memory with which a pool of two workers does something useful. */
const LITTLE_MEMORY = 256 << 20

/** How much of the machine this process may use. */
export function limitChecks({ probe, read }: Machine): Check[] {
  return [workers(probe), memory(probe), files(probe), processes(probe), groups(probe), io(probe), overcommit(read)]
}

function workers({ processors, processorLimit, defaultParallelism }: MachineProbe): Check {
  const limit =
    processorLimit === null ? 'no limit of a control group' : `control groups grant ${count(processorLimit)}`
  const base = {
    id: 'processors',
    area: 'limits',
    title: 'Processors',
    found: `may run on ${processors.length}, ${limit}`,
  } as const
  const means = `Default of maxWorkers: ${defaultParallelism}.`
  if (processorLimit === null || processorLimit >= 1) return { ...base, status: 'ok', means }
  return {
    ...base,
    status: 'degraded',
    means: `${means} With less than one processor, host and worker are stopped for a part of each 100 ms.`,
    change: 'Grant at least one (cpu.max; docker run --cpus; resources.limits.cpu).',
  }
}

function memory({ memory }: MachineProbe): Check {
  const base = { id: 'memory', area: 'limits', title: 'Memory' } as const
  const means = 'Half of it is the default of maxSharedMemory. A forked worker takes some 5 MB, a spawned one 50 MB.'
  if (memory === null) {
    const change = 'Mount /proc.'
    return { ...base, status: 'degraded', found: 'the kernel does not say', means, change }
  }
  const found = `${bytes(memory.available)} of ${bytes(memory.total)} may be had`
  if (memory.available >= LITTLE_MEMORY) return { ...base, status: 'ok', found, means }
  return { ...base, status: 'degraded', found, means, change: 'Grant more (memory.max), or set maxWorkers and maxRss.' }
}

function files({ files: { soft, hard } }: MachineProbe): Check {
  const base = { id: 'open-files', area: 'limits', title: 'Open files' } as const
  const found = soft === hard ? shown(soft) : `${shown(soft)}, may be raised to ${shown(hard)}`
  const most = soft === null ? 'any number' : `some ${count(Math.floor(soft / FILES_A_WORKER))}`
  const means = `A worker takes the host ${FILES_A_WORKER} descriptors: ${most} of them at most, less what the program opens.`
  if (soft === null || soft >= FEW_FILES) return { ...base, status: 'ok', found, means }
  return { ...base, status: 'degraded', found, means, change: 'ulimit -n 65536; systemd: LimitNOFILE=65536.' }
}

function processes({ processes: { soft } }: MachineProbe): Check {
  const base = { id: 'processes', area: 'limits', title: 'Processes', found: shown(soft) } as const
  const means = 'Processes and threads of this user, all programs together; a spawned worker has some ten threads.'
  if (soft === null || soft >= FEW_PROCESSES) return { ...base, status: 'ok', means }
  return { ...base, status: 'degraded', means, change: 'ulimit -u 4096; systemd: TasksMax= and LimitNPROC=.' }
}

/** What `cgroup` of the pool's options can limit. */
const CONTROLLERS = ['memory', 'cpu', 'pids']

function groups({ leaves }: MachineProbe): Check {
  const base = { id: 'cgroup', area: 'limits', title: 'Control groups' } as const
  const means = 'For the option cgroup: memory, processor time and processes of single workers. All else works without.'
  const change =
    'systemd: Delegate=yes and DelegateSubgroup=host; in a container a writable /sys/fs/cgroup of version 2.'
  if (!leaves.ok) return { ...base, status: 'degraded', found: leaves.error, means, change }
  const missing = CONTROLLERS.filter((name) => !leaves.controllers.includes(name))
  const found = `version 2, groups can be made in ${leaves.folder}${
    missing.length === 0 ? '' : `, without ${missing.join(', ')}`
  }`
  if (missing.length === 0) return { ...base, status: 'ok', found, means }
  return { ...base, status: 'degraded', found, means, change }
}

function io({ ioLimits }: MachineProbe): Check {
  const base = { id: 'io', area: 'limits', title: 'Input and output' } as const
  const means = 'Limits of control groups (io.max) hold for host and workers together.'
  if (ioLimits.length === 0) return { ...base, status: 'ok', found: 'no limits', means }
  // They slow down what tasks do, not the pool: it does no input or output of its own.
  return { ...base, status: 'ok', found: ioLimits.join('; '), means }
}

/** Copy-on-write promises memory that may never be needed; with strict accounting the promise must be kept. */
function overcommit(read: Machine['read']): Check {
  const base = { id: 'overcommit', area: 'limits', title: 'Overcommit of memory' } as const
  const mode = read('/proc/sys/vm/overcommit_memory')?.trim()
  const means = 'Forked workers share memory until they write to it.'
  if (mode !== '2') return { ...base, status: 'ok', found: mode === undefined ? 'not known' : `mode ${mode}`, means }
  return {
    ...base,
    status: 'degraded',
    found: 'mode 2: strict',
    means: `${means} Here each counts as if it had it all to itself, and forks fail when the sum is reached.`,
    change: 'sysctl vm.overcommit_memory=0.',
  }
}

function shown(limit: number | null): string {
  return limit === null ? 'unlimited' : count(limit)
}
