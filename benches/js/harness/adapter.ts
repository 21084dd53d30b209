/** What the harness needs of a pool; each file in peers/ gives it for one pool. */

export interface OpenPool {
  /** One echo task. */
  echo(payload: string): Promise<string>
  /** A task that keeps one worker busy for so long, without using the processor. */
  hold(milliseconds: number): Promise<unknown>
  close(): Promise<unknown>
  /** The workers' process ids, where the pool has other child processes as well. */
  workerPids?(): number[]
}

export interface OpenOptions {
  workers: number
  /** Modules to have in memory before the first task, for a pool that can load them ahead. */
  preload: string[]
  /** One worker to begin with; the others start when they are needed and leave as soon as they are idle. */
  elastic?: boolean
}

export interface Peer {
  name: string
  kind: 'process' | 'thread'
  /** Absent for Hatchery, which is not measured against itself. */
  package?: string
  /** Settings that differ from the pool's defaults, for the report. */
  settings?: string
  /** Whether `elastic` is understood. */
  elastic?: boolean
  /** Imports the library, so that this is no part of any time measured; the function given opens a pool. */
  load(): Promise<(options: OpenOptions) => OpenPool>
}

/** The compiled worker module of that name. */
export function workerFile(name: string): string {
  return new URL(`../workers/${name}`, import.meta.url).pathname
}
