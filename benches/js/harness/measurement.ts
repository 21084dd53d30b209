/** What a measurement is: it runs in a process of its own, on one pool, and gives numbers by name. */
import type { Peer } from './adapter.js'

export type Numbers = Record<string, number>

export interface Effort {
  /** Short run: fewer points, fewer pools. */
  quick: boolean
  /** Seconds that a timed loop runs. */
  seconds: number
  /** How often a start is repeated. */
  starts: number
}

export interface Measurement {
  /** Whether it is measured on this pool. */
  on(peer: Peer, effort: Effort): boolean
  /** Where it is one point of a curve: the values along the x axis that are measured on this pool. */
  points?(peer: Peer, effort: Effort): readonly number[]
  /** After this many rounds there is nothing more to learn. */
  rounds?: number
  /** Told from the numbers of a point: there may be no sense in trying those after it. */
  isLast?(numbers: Numbers): boolean
  run(peer: Peer, effort: Effort, point: number): Promise<Numbers>
}

/** Thrown by a measurement that cannot be had from this pool (yet); reported as a note and no failure. */
export class Skipped extends Error {}

/** The name of a number that belongs to a point of a curve. */
export function pointName(number: string, point: number): string {
  return `${number}@${point}`
}

export const isPool = ({ role }: Peer): boolean => role === 'own' || role === 'pool'
export const isOwn = ({ role }: Peer): boolean => role === 'own'
