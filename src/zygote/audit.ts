import process from 'node:process'
import { setTimeout as sleep, setImmediate as turnOfLoop } from 'node:timers/promises'
import type { ZygoteBinding } from '../native/types.js'

/** Turns of the event loop first: a file that has just been read is closed in less than the shortest pause. */
const TURNS = 16
/** Milliseconds; doubled up to here, all pauses together are twice as long. */
const LONGEST_PAUSE = 64

/** What was there before any module of the user was loaded. */
export interface Baseline {
  readonly threads: ReadonlySet<number>
  readonly sockets: ReadonlySet<string>
  readonly resources: ReadonlyMap<string, number>
}

/** Resources that a fork may have: they wait for nothing that only the zygote gets. */
const HARMLESS: ReadonlySet<string> = new Set(['TTYWrap', 'SignalWrap', 'Immediate', 'FSReqPromise', 'FSReqCallback'])

/** How findings are named. */
const NAMES: Readonly<Record<string, string>> = {
  Timeout: 'an active timer',
  TCPServerWrap: 'a listening TCP server',
  TCPSocketWrap: 'an open TCP connection',
  PipeWrap: 'an open pipe or socket',
  PipeServerWrap: 'a listening pipe server',
  UDPWrap: 'an open UDP socket',
  ProcessWrap: 'a child process',
  FSEventWrap: 'a file watcher',
  StatWatcher: 'a file watcher',
  MessagePort: 'an open MessagePort',
  Worker: 'a worker_thread',
}

/** Looks at the process before modules are loaded. */
export function takeBaseline(native: ZygoteBinding): Baseline {
  return {
    threads: new Set(native.threads().map((thread) => thread.id)),
    sockets: new Set(native.sockets().map(identity)),
    resources: activeResources(),
  }
}

/** What has come since and must not be forked; each finding a phrase. */
function audit(native: ZygoteBinding, baseline: Baseline): string[] {
  const findings = native
    .threads()
    .filter((thread) => !baseline.threads.has(thread.id))
    .map((thread) => `a thread "${thread.name}" (${thread.id})`)
  const resources: string[] = []
  for (const [name, count] of activeResources()) {
    const added = count - (baseline.resources.get(name) ?? 0)
    if (added <= 0 || HARMLESS.has(name)) continue
    const what = NAMES[name] ?? `an active ${name}`
    resources.push(added === 1 ? what : `${what} (${added} of them)`)
  }
  findings.push(...resources)
  for (const socket of native.sockets()) {
    if (!baseline.sockets.has(identity(socket))) findings.push(`an open socket (${socket})`)
  }
  return findings
}

/**
 * As {@link audit}, but what has only just been put away gets a little time to go: closing a handle or a thread takes
 * some turns of the event loop.
 */
export async function auditPatiently(native: ZygoteBinding, baseline: Baseline): Promise<string[]> {
  let findings = audit(native, baseline)
  for (let turn = 0; findings.length > 0 && turn < TURNS; turn++) {
    await turnOfLoop()
    findings = audit(native, baseline)
  }
  for (let pause = 1; findings.length > 0 && pause <= LONGEST_PAUSE; pause *= 2) {
    await sleep(pause)
    findings = audit(native, baseline)
  }
  return findings
}

/** The error that names the findings. */
export function unsafeMessage(findings: readonly string[]): string {
  return (
    `The zygote cannot be forked safely after loading the modules: it has ${findings.join(', ')}. ` +
    "Open these in the tasks, or in an onFork hook (import { onFork } from 'hatchery/worker'), or use " +
    "startMethod: 'spawn'."
  )
}

/** By the socket, not by the descriptor. */
function identity(socket: string): string {
  return socket.slice(socket.indexOf('socket:'))
}

function activeResources(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
