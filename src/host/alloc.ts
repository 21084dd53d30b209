import { fromNativeError } from '../errors/index.js'
import type { NativePool } from '../native/index.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { type SharedBytes, shareBytes } from '../segments/shared-bytes.js'

/** Options of `pool.alloc()`. */
export interface AllocOptions {
  /** What a worker writes stays its own: neither the host nor another worker sees it. Default: false. */
  readOnly?: boolean | undefined
}

export const ALLOC_KEYS: ReadonlySet<string> = new Set(['readOnly'] satisfies (keyof AllocOptions)[])

/** What fits a typed array on every Node there is. */
export const MAX_SEGMENT = 2 ** 32

/** A new segment of a pool. */
export function allocate(
  native: Pick<NativePool, 'alloc'>,
  segments: SegmentTable,
  length: number,
  readOnly: boolean,
): SharedBytes {
  let segment: [number: number, buffer: ArrayBuffer]
  try {
    segment = native.alloc(length, readOnly)
  } catch (error) {
    throw fromNativeError(error)
  }
  segments.add(...segment)
  const [, buffer] = segment
  return shareBytes(buffer, 0, buffer.byteLength)
}
