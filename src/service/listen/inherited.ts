/** Sockets that the service manager has opened for the daemon: socket activation, as `sd_listen_fds(3)` has it. */
import process from 'node:process'

/** A socket that listens already. */
export interface InheritedSocket {
  readonly descriptor: number
  /** What the manager calls it (`FileDescriptorName=`). */
  readonly name: string
}

/** The first one; the others follow. */
const FIRST = 3

/** Takes them out of the environment, so that no process that is started believes them to be its own. None: an empty list. */
export function takeInheritedSockets(env: NodeJS.ProcessEnv = process.env): readonly InheritedSocket[] {
  const { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names = '' } = env
  for (const name of ['LISTEN_PID', 'LISTEN_PIDFDID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  if (pid !== String(process.pid) || !/^\d{1,4}$/.test(count ?? '')) return []
  const called = names.split(':')
  return Array.from({ length: Number(count) }, (_, index) => ({
    descriptor: FIRST + index,
    name: called[index] || 'unknown',
  }))
}
