import { randomInt, randomUUID } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { encode } from '../codec/index.js'
import { Arena } from '../lane/arena.js'
import { viewLane } from '../lane/lane-view.js'
import {
  FLAGS_WORD,
  FUNCTION_WORD,
  HEADER,
  KIND_WORD,
  LENGTH_WORD,
  MAGIC_HIGH,
  MAGIC_LOW,
  PAYLOAD,
  PUBLISHED,
  REPORT_START,
  RING,
  RUN,
  SLOT_SIZE,
  SLOT_WORDS,
  VERSION,
} from '../lane/layout.js'
import { CompletionWriter, FunctionEntry, TaskLoop, type WorkerState } from '../runtime/index.js'
import { SegmentTable } from '../segments/segment-table.js'

const SLOTS = 128
/** More would optimize more code, for all workers once; but the first of them waits for it. */
const ROUNDS = 8
const SUBMISSIONS = 4096
const COMPLETIONS = SUBMISSIONS + RING.slots + SLOTS * SLOT_SIZE
const LENGTH = COMPLETIONS + RING.slots + SLOTS * SLOT_SIZE

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

/**
 * Lets the runtime work on a lane in ordinary memory, before the first fork: what every worker needs is then compiled
 * and optimized once for all of them.
 */
export async function rehearse(): Promise<void> {
  const words = makeLane()
  const view = viewLane(words.buffer as ArrayBuffer)
  const nothing = () => new ArrayBuffer(0)
  const lane = {
    notify() {},
    sendPayload() {},
    spin: () => false,
    takePayload: nothing,
    copyBlock: nothing,
    mentionSegment() {},
  }
  const segments = new SegmentTable(nothing)
  const writer = new CompletionWriter(view, new Arena(words), lane, segments)
  const state: WorkerState = {
    isWorker: false,
    workerId: 0,
    workerData: undefined,
    tracked: false,
    current: undefined,
    storage: undefined,
    forkHooks: [],
  }
  const loop = new TaskLoop(view, new Arena(words), writer, lane, segments, state, 1, [
    FunctionEntry.of((value) => value),
    FunctionEntry.of(async (value) => value),
  ])
  for (let round = 0; round < ROUNDS; round++) {
    submit(words, view.bytes, round)
    loop.runFresh()
    while (words[view.submissions.head] !== words[view.submissions.tail]) await new Promise(setImmediate)
    Atomics.store(words, view.completions.head, words[view.completions.tail]!)
  }
  // What is called right after a fork.
  syncBuiltinESMExports()
  for (let drawn = 0; drawn < 32; drawn++) {
    randomUUID()
    randomInt(2 ** 40)
  }
}

/** A lane without an arena. */
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
  return words
}

/** Fills the ring, as the host does. */
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
    words[slot + LENGTH_WORD] = encode(VALUES[(round + count) % VALUES.length], bytes, start) - start
    words[tail] = (position + 1) | 0
  }
}
