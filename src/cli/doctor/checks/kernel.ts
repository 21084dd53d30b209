import { release } from 'node:os'
import { type Check, type Machine, tried } from '../check.js'

const CALLS = 'Allow it in the seccomp profile of the container, or use Linux 5.4 or newer.'

/** What the machinery itself is made of. */
export function kernelChecks({ probe, read }: Machine): Check[] {
  const area = 'kernel'
  return [
    {
      id: 'kernel',
      area,
      title: 'Linux',
      status: 'ok',
      found: release(),
      means: 'Hatchery needs 5.4; what newer ones add is below.',
    },
    tried(probe.memfd, {
      id: 'memfd',
      area,
      title: 'memfd_create, sealed',
      otherwise: 'missing',
      means: 'The memory that host and worker share. It is not in /dev/shm, whose size does not matter.',
      change: CALLS,
    }),
    tried(probe.memfdSealWrites, {
      id: 'memfd-read-only',
      area,
      title: 'memfd, read-only',
      otherwise: 'degraded',
      means: 'For pool.alloc(…, { readOnly: true }).',
      change: 'Use Linux 5.1 or newer.',
    }),
    tried(probe.pidfd, {
      id: 'pidfd',
      area,
      title: 'pidfd_open, pidfd_send_signal',
      otherwise: 'missing',
      means: 'A kill that can never hit another process with the same number.',
      change: CALLS,
    }),
    tried(probe.events, {
      id: 'eventfd',
      area,
      title: 'eventfd, timerfd',
      otherwise: 'missing',
      means: 'How sides wake each other, and how deadlines come.',
      change: CALLS,
    }),
    hugePages({ probe, read }),
  ]
}

/** Of what is in `always [madvise] never`, the one in force. */
function chosen(text: string | undefined): string | undefined {
  return /\[(\w+)\]/.exec(text ?? '')?.[1]
}

function hugePages({ probe, read }: Machine): Check {
  const setting = chosen(read('/sys/kernel/mm/transparent_hugepage/enabled'))
  const { collapse } = probe
  const found = `${setting === undefined ? 'no transparent huge pages' : `enabled: ${setting}`}; ${
    collapse.ok ? 'pages can be collapsed' : collapse.error
  }`
  return {
    id: 'huge-pages',
    area: 'kernel',
    title: 'Huge pages',
    status: collapse.ok ? 'ok' : 'degraded',
    found,
    means:
      'A zygote whose heap lies in huge pages is forked in less time. Without them forks take up to twice as long.',
    ...(!collapse.ok && {
      change: 'Use Linux 6.1 or newer, and echo madvise > /sys/kernel/mm/transparent_hugepage/enabled.',
    }),
  }
}
