import { callNative, ERROR_CODES } from '../errors/index.js'
import type { NativePool } from '../native/index.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { type SharedBytes, shareBytes } from '../segments/shared-bytes.js'
import { checkBoolean, checkInteger, checkKeys } from './check.js'
import type { Garbage } from './garbage.js'

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

/** Refusals that may come of handles which nobody has any more. */
const SCARCE: ReadonlySet<unknown> = new Set([ERROR_CODES.SHARED_MEMORY_FULL, ERROR_CODES.OUT_OF_DESCRIPTORS])

/** A new segment of a pool. */
export function allocate(
  native: Pick<NativePool, 'alloc'>,
  segments: SegmentTable,
  garbage: Garbage,
  { length, readOnly }: AllocRequest,
): SharedBytes {
  const take = () => callNative(() => native.alloc(length, readOnly))
  let segment: [number: number, buffer: ArrayBuffer]
  try {
    segment = take()
  } catch (error) {
    if (!SCARCE.has((error as { code?: unknown }).code) || !garbage.collect()) throw error
    segment = take()
  }
  segments.add(...segment)
  garbage.added(length)
  const [, buffer] = segment
  return shareBytes(buffer, 0, buffer.byteLength)
}
