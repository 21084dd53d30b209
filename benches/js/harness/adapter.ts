/** What the harness needs of a pool; each file in peers/ gives it for one pool. */
import type { Payload } from './payload.js'

export interface OpenPool {
  /** One echo task. */
  echo(payload: Payload): Promise<unknown>
  /** The same, blocking, for pools that can. */
  echoSync?(payload: Payload): unknown
  /** Memory that goes to a task and comes back without a copy, for pools that have it. */
  alloc?(bytes: number): Uint8Array
  /** A task that keeps one worker busy for so long, without using the processor. */
  hold(milliseconds: number): Promise<unknown>
  /** A task that its worker dies of; settles once that is told, where a pool is measured by it. */
  crash?(): Promise<unknown>
  close(): Promise<unknown>
  /** The workers' process ids, where the pool has other child processes as well. */
  workerPids?(): number[]
}

export interface OpenOptions {
  workers: number
  /** Modules to have in memory before the first task, for a pool that can load them ahead. */
  preload?: string[]
  /** One worker to begin with; the others start when they are needed and leave as soon as they are idle. */
  elastic?: boolean
  /** Workers beyond those that wait to take the place of one that dies; workers may die as often as they like. */
  spares?: number
  /** Whether times are recorded, where that can be chosen. */
  recordTiming?: boolean
  /** Payloads are bytes: a pool whose messages are JSON by default is set to structured clone. */
  binary?: boolean
}

export interface Peer {
  name: string
  kind: 'process' | 'thread'
  /**
   * `own`: Hatchery. `pool`: what it is compared with. `baseline`: child_process.fork, for what a plain process costs.
   * `sync`: libraries that make a call of a worker synchronous and do nothing else.
   */
  role: 'own' | 'pool' | 'baseline' | 'sync'
  /** The npm package it comes from. */
  package?: string
  /** Settings that differ from the pool's defaults, for the report. */
  settings?: string
  /** Whether `elastic` is understood. */
  elastic?: boolean
  /** Whether `spares` are understood, and workers can be made to `crash`. */
  crashes?: boolean
  /** Whether it is drawn in the curves; a few of each kind, so that lines can be told apart. */
  curve?: boolean
  /** Imports the library, so that this is no part of any time measured; the function given opens a pool. */
  load(): Promise<(options: OpenOptions) => OpenPool>
}

/** The compiled worker module of that name. */
export function workerFile(name: string): string {
  return new URL(`../workers/${name}`, import.meta.url).pathname
}
