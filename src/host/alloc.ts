import { fromNativeError } from '../errors/index.js'
import type { NativePool } from '../native/index.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { type SharedBytes, shareBytes } from '../segments/shared-bytes.js'
import { checkBoolean, checkInteger, checkKeys } from './check.js'

/** Options of `pool.alloc()`. */
export interface AllocOptions {
  /** What a worker writes stays its own: neither the host nor another worker sees it. Default: false. */
  readOnly?: boolean | undefined
}

const ALLOC_KEYS: ReadonlySet<string> = new Set(['readOnly'] satisfies (keyof AllocOptions)[])

/** What fits a typed array on every Node there is. */
const MAX_SEGMENT = 2 ** 32

/** What a new segment is to be. */
export interface AllocRequest {
  readonly length: number
  readonly readOnly: boolean
}

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function checkAlloc(bytes: number, options: AllocOptions): AllocRequest {
  checkKeys('alloc', options, ALLOC_KEYS)
  const length = checkInteger('bytes', bytes, 1, MAX_SEGMENT)
  return { length, readOnly: options.readOnly !== undefined && checkBoolean('readOnly', options.readOnly) }
}

/** A new segment of a pool. */
export function allocate(
  native: Pick<NativePool, 'alloc'>,
  segments: SegmentTable,
  { length, readOnly }: AllocRequest,
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
