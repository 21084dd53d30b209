import { type Channel, channel, tracingChannel } from 'node:diagnostics_channel'
import type { PoolEvents } from '../pool-events.js'
import type { ChannelMessages } from './messages.js'

/** Around each task: start and end of the submission, asyncStart and asyncEnd of its settling, error. */
export const taskChannel = tracingChannel('hatchery:task')

/** Kept: Node forgets channels that nobody holds and nobody listens to. */
export const taskQueued = channel('hatchery:task:queued')
export const taskRunning = channel('hatchery:task:running')
export const taskRetried = channel('hatchery:task:retried')
export const taskCompleted = channel('hatchery:task:completed')
export const taskFailed = channel('hatchery:task:failed')
export const taskCancelled = channel('hatchery:task:cancelled')
export const workerReady = channel('hatchery:worker:ready')
export const workerBusy = channel('hatchery:worker:busy')
export const workerIdle = channel('hatchery:worker:idle')

const { start, end, asyncStart, asyncEnd, error } = taskChannel

/** Channels on which a pool's events are published too. */
export const EVENT_CHANNELS: Readonly<Record<keyof PoolEvents, Channel>> = {
  workerStarted: named('hatchery:worker:started'),
  workerHealth: named('hatchery:worker:health'),
  output: named('hatchery:worker:output'),
  recycle: named('hatchery:worker:recycled'),
  workerExited: named('hatchery:worker:exited'),
  ready: named('hatchery:pool:ready'),
  scale: named('hatchery:pool:scale'),
  reload: named('hatchery:pool:reload'),
  needsDrain: named('hatchery:pool:needs-drain'),
  drain: named('hatchery:pool:drain'),
  warning: named('hatchery:pool:warning'),
  error: named('hatchery:pool:failed'),
  close: named('hatchery:pool:close'),
}

/** Whether anybody listens to what becomes of tasks: a nanosecond or two, so it is looked at for each. */
export function areTasksWatched(): boolean {
  return (
    start.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers ||
    taskQueued.hasSubscribers ||
    taskRunning.hasSubscribers ||
    taskRetried.hasSubscribers ||
    taskCompleted.hasSubscribers ||
    taskFailed.hasSubscribers ||
    taskCancelled.hasSubscribers
  )
}

/** Whether anybody wants to know which workers are at work. */
export function isActivityWatched(): boolean {
  return workerBusy.hasSubscribers || workerIdle.hasSubscribers
}

function named(name: keyof ChannelMessages): Channel {
  return channel(name)
}
