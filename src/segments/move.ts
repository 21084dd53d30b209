import { createRequire } from 'node:module'
import { ERROR_CODES } from '../errors/codes.js'
import { HatcheryError } from '../errors/hatchery-error.js'
import { isSegment } from './segment-table.js'

/** Not there in Node 20. */
type IsMarked = ((object: object) => boolean) | undefined

let workerThreads: { readonly isMarkedAsUntransferable?: IsMarked } | undefined

/** Marks a value whose memory the sender gives up. Not by class: `hatchery/worker` may be loaded in two copies. */
const MOVED = Symbol.for('hatchery.moved')

interface Moved {
  readonly [MOVED]: ArrayBuffer | ArrayBufferView
}

/**
 * Marks a task, or what a task returns, as moved: once it is sent, its memory is taken away from the sender, whose views
 * on it are empty then. Only for a task or argument as such, or what a task returns, yields or reports; within another value it
 * is refused, and `transferList` says the same. Between processes ordinary memory is copied all the same, but no longer
 * held twice; memory of `pool.alloc()` really moves.
 *
 * @param value an ArrayBuffer, or a view on one
 */
export function move<T extends ArrayBuffer | ArrayBufferView>(value: T): T {
  checkMovable(bufferOf(value))
  // Within another value it would be lost without a word; a function cannot be cloned, so that is an error.
  return { [MOVED]: value, move: onlyAtTheTop } as unknown as T
}

/** Only its being there counts. */
function onlyAtTheTop(): void {}

/** True for what {@link move} has made. */
export function isMoved(value: unknown): boolean {
  return typeof value === 'object' && value !== null && MOVED in value
}

/** The value without its mark; the memory to take away is added to `buffers`. */
export function unwrapMoved(value: unknown, buffers: ArrayBuffer[]): unknown {
  if (!isMoved(value)) return value
  const moved = (value as Moved)[MOVED]
  buffers.push(bufferOf(moved) as ArrayBuffer)
  return moved
}

/**
 * Checks a list of what is to be moved.
 *
 * @throws ERR_HATCHERY_DATA_CLONE
 */
export function checkTransferList(list: readonly unknown[]): ArrayBuffer[] {
  const buffers = list.map((item) => checkMovable(bufferOf(isMoved(item) ? (item as Moved)[MOVED] : item)))
  if (new Set(buffers).size < buffers.length) throw refusal('the same memory twice')
  return buffers
}

function bufferOf(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? value.buffer : value
}

function checkMovable(value: unknown): ArrayBuffer {
  if (!(value instanceof ArrayBuffer)) throw refusal(Object.prototype.toString.call(value))
  // Node marks all memory that comes from native code.
  if (isSegment(value)) return value
  // Node 20 cannot be asked; there it is for the caller not to give away the pool that small Buffers share.
  if (isMarked(value) || isPool(value)) {
    throw refusal('memory that is marked as untransferable, as that of small Buffers is')
  }
  return value
}

function isMarked(buffer: ArrayBuffer): boolean {
  // Loaded when something is moved: that takes a zygote or worker longer than others of Node's modules together.
  workerThreads ??= createRequire(import.meta.url)('node:worker_threads') as NonNullable<typeof workerThreads>
  return workerThreads.isMarkedAsUntransferable?.(buffer) === true
}

/** The memory that small Buffers share. */
function isPool(buffer: ArrayBuffer): boolean {
  return buffer === Buffer.from('x').buffer || buffer === Buffer.allocUnsafe(1).buffer
}

function refusal(what: string): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.DATA_CLONE,
    `Only ArrayBuffers can be moved to another process, and views on them by move(); this is ${what}.`,
  )
}
