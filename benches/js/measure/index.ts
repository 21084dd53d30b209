/** Every measurement, by the name that --only knows it by. */
import type { Measurement } from '../harness/measurement.js'
import { handle } from './handle.js'
import { idle } from './idle.js'
import { latency, sync } from './latency.js'
import { load } from './load.js'
import { memory, queue } from './memory.js'
import { payload } from './payload.js'
import { replacement } from './replacement.js'
import { start, workerStart } from './start.js'
import { object, throughput } from './throughput.js'
import { timing } from './timing.js'
import { workers } from './workers.js'

const all = {
  throughput,
  object,
  timing,
  latency,
  sync,
  handle,
  start,
  workerStart,
  replacement,
  memory,
  queue,
  idle,
  workers,
  payload,
  load,
} satisfies Record<string, Measurement>

export type MeasurementName = keyof typeof all

export const measurementNames = Object.keys(all) as MeasurementName[]

export const measurements: Readonly<Record<MeasurementName, Measurement>> = all
