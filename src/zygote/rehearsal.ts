import { encode } from '../codec/index.js'
import { viewLane } from '../lane/lane-view.js'
import {
  CLASS_RECORD,
  DEFINE,
  FLAGS_WORD,
  FUNCTION_WORD,
  HEADER,
  KIND_WORD,
  LENGTH_WORD,
  MAGIC_HIGH,
  MAGIC_LOW,
  PAYLOAD,
  PUBLISHED,
  RECORD,
  REPORT_START,
  RING,
  RUN,
  SLOT_SIZE,
  SLOT_WORDS,
  STAMP_WORD,
  VERSION,
} from '../lane/layout.js'
import type { ProcessBinding, WorkerLane } from '../native/types.js'
import { FunctionEntry, importModule, newWorkerState, prepareWorker } from '../runtime/index.js'
import { becomeWorker } from './become-worker.js'
import { mendAfterFork } from './mend.js'

const SLOTS = 128
/** More would optimize more code, for all workers once; but the first of them waits for it. */
const ROUNDS = 8
/** How often a start is gone through. More makes no fork faster, and costs each pool some milliseconds. */
const STARTS = 4
/** Functions of a module that is loaded, as the host tells of them: as of the pool's own module, and of another. None is called. */
const MODULE = 'node:path'
const DEFINITIONS = [{ name: 'basename' }, { filename: MODULE, name: 'basename' }].map((one) => JSON.stringify(one))
const SUBMISSIONS = 4096
const COMPLETIONS = SUBMISSIONS + RING.slots + SLOTS * SLOT_SIZE
const TIMES = COMPLETIONS + RING.slots + SLOTS * SLOT_SIZE
const ARENA = TIMES + 2 * RECORD.run
const BLOCK_SIZE = 64
/** Bitmap, reference count and block, each on a line of its own. */
const LENGTH = ARENA + 3 * 64

/** Arguments and results of common kinds, so that the codec's ways are all trodden. */
const VALUES: readonly unknown[] = [
  1,
  'text',
  1.5,
  true,
  null,
  undefined,
  { a: 1, b: 'x', c: [1, 2, 3] },
  [1, 'two', { three: 3 }],
  Buffer.from('bytes'),
]

/** A lane in ordinary memory, and nobody at its other end. */
class StageLane implements WorkerLane {
  readonly worker = 0
  readonly lent = 0
  readonly memory: ArrayBuffer
  #onSubmission: () => void = () => {}
  /** What the host does when the worker waits awake for it. */
  #surprise: (() => void) | undefined

  constructor(memory: ArrayBuffer, surprise: () => void) {
    this.memory = memory
    this.#surprise = surprise
  }

  watch(onSubmission: () => void): void {
    this.#onSubmission = onSubmission
  }

  /** The host has written. */
  wake(): void {
    this.#onSubmission()
  }

  functions(): ReturnType<WorkerLane['functions']> {
    return [() => this.#spin(), () => {}, () => false, () => {}, () => {}]
  }

  #spin(): boolean {
    const surprise = this.#surprise
    this.#surprise = undefined
    surprise?.()
    return surprise !== undefined
  }

  takePayload(): ArrayBuffer {
    return new ArrayBuffer(0)
  }

  mapSegment(): ArrayBuffer {
    return new ArrayBuffer(0)
  }

  releaseSegment(): void {}

  copyBlock(): ArrayBuffer {
    return new ArrayBuffer(0)
  }

  lendBlock(): undefined {}

  hasNotices(): boolean {
    return false
  }

  handOver(): void {}
  sendPayload(): void {}
  setFlags(): void {}
}

/**
 * Lets the runtime work on lanes in ordinary memory, before the first fork: what every worker needs is then compiled
 * and optimized once for all of them, and a fork goes through code that has been gone through before.
 */
export async function rehearse(native: ProcessBinding): Promise<void> {
  await importModule(MODULE)
  for (let start = 0; start < STARTS; start++) await rehearseStart(native)
  await work(native, ROUNDS)
}

/** What a worker does until it has done its first tasks, once. */
export async function rehearseStart(native: ProcessBinding): Promise<void> {
  // The exported id is opened only for forks.
  mendAfterFork({ randomCaches: true, exportedId: 'open' }, () => true)
  await work(native, 1)
}

/** A worker's life: it takes up its lane, is told of functions, works, and is gone. */
async function work({ detachBuffer }: ProcessBinding, rounds: number): Promise<void> {
  const words = makeLane()
  const { bytes, submissions, completions } = viewLane(words.buffer as ArrayBuffer)
  const lane = new StageLane(words.buffer as ArrayBuffer, () => {
    define(words, bytes)
    submit(words, bytes, 0)
  })
  const state = newWorkerState()
  const functions = [FunctionEntry.of((value) => value), FunctionEntry.of(async (value) => value)]
  const workplace = prepareWorker(
    { exitNow, detachBuffer },
    lane,
    { concurrency: 1, filename: MODULE },
    state,
    functions,
  )
  becomeWorker({ exitNow }, 0, workplace, {}, state)
  for (let round = 1; ; round++) {
    while (words[submissions.head] !== words[submissions.tail]) await new Promise(setImmediate)
    Atomics.store(words, completions.head, words[completions.tail]!)
    if (round === rounds) break
    submit(words, bytes, round)
    lane.wake()
  }
  workplace.abandon()
}

/** Nothing here makes the process leave. */
function exitNow(): never {
  throw new Error('the rehearsal has left')
}

/** A lane whose arena is one small block. */
function makeLane(): Int32Array {
  const words = new Int32Array(LENGTH / 4)
  const set = (offset: number, value: number) => {
    words[offset >> 2] = value
  }
  set(HEADER.magicLow, MAGIC_LOW)
  set(HEADER.magicHigh, MAGIC_HIGH)
  set(HEADER.version, VERSION)
  set(HEADER.slotSize, SLOT_SIZE)
  set(HEADER.submissionOffset, SUBMISSIONS)
  set(HEADER.submissionSlots, SLOTS)
  set(HEADER.completionOffset, COMPLETIONS)
  set(HEADER.completionSlots, SLOTS)
  set(HEADER.timesOffset, TIMES)
  set(HEADER.classCount, 1)
  set(HEADER.classes + CLASS_RECORD.blockSize, BLOCK_SIZE)
  set(HEADER.classes + CLASS_RECORD.blockCount, 1)
  set(HEADER.classes + CLASS_RECORD.bitmapOffset, ARENA)
  set(HEADER.classes + CLASS_RECORD.referenceOffset, ARENA + 64)
  set(HEADER.classes + CLASS_RECORD.blocksOffset, ARENA + 128)
  return words
}

/** Tells of functions, as the host does before the first tasks that call them. */
function define(words: Int32Array, bytes: Buffer): void {
  const tail = (SUBMISSIONS + RING.tail) >> 2
  for (const [index, definition] of DEFINITIONS.entries()) {
    const slot = ((SUBMISSIONS + RING.slots) >> 2) + index * SLOT_WORDS
    words[slot + KIND_WORD] = DEFINE
    words[slot + FUNCTION_WORD] = 2 + index
    words[slot + LENGTH_WORD] = bytes.write(definition, (slot << 2) + PAYLOAD)
  }
  words[tail] = DEFINITIONS.length
}

/** Fills the ring by half, as the host does. */
function submit(words: Int32Array, bytes: Buffer, round: number): void {
  const tail = (SUBMISSIONS + RING.tail) >> 2
  // One less than there are slots leaves room for the report of a start.
  for (let count = 0; count < SLOTS / 2; count++) {
    const position = words[tail]!
    const slot = ((SUBMISSIONS + RING.slots) >> 2) + (position & (SLOTS - 1)) * SLOT_WORDS
    const start = (slot << 2) + PAYLOAD
    words[slot] = PUBLISHED
    words[slot + KIND_WORD] = RUN
    words[slot + FUNCTION_WORD] = round % 4 === 3 ? 1 : 0
    words[slot + FLAGS_WORD] = round % 8 === 5 ? 1 | REPORT_START : 1
    words[slot + STAMP_WORD] = 1 + (count >> 2)
    words[slot + LENGTH_WORD] = encode(VALUES[(round + count) % VALUES.length], bytes, start) - start
    words[tail] = (position + 1) | 0
  }
}
