/** The layout of a lane is written down twice: in crates/lane and in src/lane/layout.ts. */
import test from 'ava'
import * as layout from '../../src/lane/layout.js'
import { loadNative } from '../../src/native/index.js'

test('JavaScript and Rust agree on every number of the layout', (t) => {
  const native = loadNative() as unknown as { laneLayout(): Record<string, number> }
  const { HEADER, CLASS_RECORD, RING } = layout
  t.deepEqual(native.laneLayout(), {
    magicLowValue: layout.MAGIC_LOW,
    magicHighValue: layout.MAGIC_HIGH,
    versionValue: layout.VERSION,
    ...HEADER,
    classRecordSize: layout.CLASS_RECORD_SIZE,
    ...CLASS_RECORD,
    ...RING,
    slot: layout.SLOT_SIZE,
    state: layout.STATE_WORD * 4,
    kind: layout.KIND_WORD * 4,
    taskIndex: layout.TASK_INDEX_WORD * 4,
    taskGeneration: layout.TASK_GENERATION_WORD * 4,
    function: layout.FUNCTION_WORD * 4,
    flags: layout.FLAGS_WORD * 4,
    location: layout.LOCATION_WORD * 4,
    length: layout.LENGTH_WORD * 4,
    block: layout.BLOCK_WORD * 4,
    stamp: layout.STAMP_WORD * 4,
    recordWait: layout.RECORD.wait,
    recordRun: layout.RECORD.run,
    recordSum: layout.RECORD.sum,
    recordSquares: layout.RECORD.squares,
    recordLeast: layout.RECORD.least,
    recordMost: layout.RECORD.most,
    recordBuckets: layout.RECORD.buckets,
    recordBucketCount: layout.RECORD_BUCKETS,
    stampCoarse: layout.STAMP_COARSE,
    stampNegative: layout.STAMP_NEGATIVE,
    payload: layout.PAYLOAD,
    inlineCapacity: layout.INLINE_CAPACITY,
    run: layout.RUN,
    define: layout.DEFINE,
    rehearse: layout.REHEARSE,
    reportStart: layout.REPORT_START,
    announceStart: layout.ANNOUNCE_START,
    ready: layout.COMPLETION_READY,
    started: layout.COMPLETION_STARTED,
    completed: layout.COMPLETION_COMPLETED,
    failed: layout.COMPLETION_FAILED,
    progress: layout.COMPLETION_PROGRESS,
    startFailed: layout.COMPLETION_START_FAILED,
    item: layout.COMPLETION_ITEM,
    pull: layout.COMPLETION_PULL,
    heapLimit: layout.FLAG_HEAP_LIMIT,
    abortCalled: layout.FLAG_ABORT_CALLED,
  })
})
