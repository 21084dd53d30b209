import { callNative } from '../errors/index.js'
import type { LaneFunctions, WorkerLane } from '../native/types.js'
import type { BlockLane } from './loans.js'

/** What of a lane tasks are taken by. */
export type TaskLane = Pick<LaneFunctions, 'spin' | 'mentionSegment'> & Pick<WorkerLane, 'takePayload'> & BlockLane

/** The lane, heeding the messages that come along while one is waited for: no event tells of them again. */
export function heedful(
  lane: WorkerLane,
  { spin, mentionSegment }: Pick<LaneFunctions, 'spin' | 'mentionSegment'>,
): TaskLane {
  const heed = () => {
    if (lane.hasNotices()) setImmediate(() => lane.handOver())
  }
  return {
    spin,
    takePayload: (tag) => {
      const payload = callNative(() => lane.takePayload(tag))
      heed()
      return payload
    },
    copyBlock: (block, start, length) => lane.copyBlock(block, start, length),
    lendBlock: (block, start, length) => lane.lendBlock(block, start, length),
    get lent() {
      return lane.lent
    },
    mentionSegment: (number, unused) => {
      const heard = callNative(() => mentionSegment(number, unused))
      if (heard) heed()
      return heard
    },
  }
}
