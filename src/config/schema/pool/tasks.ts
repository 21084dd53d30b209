/** Tasks: how long they may take, and how many may wait. */
import { LIVE, restart } from '../changes.js'
import { boolean, choice, count, duration, either, integer, list, text } from '../kinds.js'

export const tasks = {
  task_timeout: duration({
    minimum: 1,
    infinity: true,
    description: 'How long a task may run that does not say; past it its worker is killed after `kill_grace`.',
    default: 'infinity',
    examples: ['30s'],
    ...LIVE,
  }),
  queue_timeout: duration({
    minimum: 1,
    infinity: true,
    description: 'How long a task may wait until a worker begins it.',
    default: 'infinity',
    ...LIVE,
  }),
  queue_size: either([count({ minimum: 0, maximum: 0xffff_ffff }), choice(['auto'])], {
    option: 'maxQueue',
    aliases: ['max_queue'],
    description:
      'Tasks that may wait, beyond those that all workers could run at once; "auto": the square of `max_workers`.',
    default: 'infinity',
    examples: [1000],
    ...LIVE,
  }),
  queue_policy: choice(['reject', 'wait', 'drop-oldest'], {
    description: 'What becomes of a task beyond `queue_size`.',
    default: 'reject',
    ...LIVE,
  }),
  queue_high_water_mark: integer({
    minimum: 0,
    maximum: 0xffff_ffff,
    description: 'So many tasks wait when `pool.needsDrain` becomes true. Default: `queue_size`, or 1000 a worker.',
    ...LIVE,
  }),
  queue_low_water_mark: integer({
    minimum: 0,
    maximum: 0xffff_ffff,
    description: 'Below so many it is false again. Default: half of `queue_high_water_mark`.',
    ...LIVE,
  }),
  ageing: duration({
    infinity: true,
    description: 'How long tasks may be passed over by those of higher priority.',
    default: '1s',
    ...LIVE,
  }),
  kill_grace: duration({
    infinity: true,
    description: 'From asking a task to stop to killing its worker.',
    default: '1s',
    ...LIVE,
  }),
  start_timeout: duration({
    minimum: 1,
    infinity: true,
    description: 'How long zygote and workers may take to come up.',
    default: '30s',
    ...LIVE,
  }),
  close_timeout: duration({
    infinity: true,
    description: 'How long closing waits for tasks; 30 s if it is a signal that closes.',
    default: 'infinity',
    ...LIVE,
  }),
  handle_signals: either([boolean({}), list(text({}), {})], {
    description: 'Signals that close the pool; true: SIGTERM and SIGINT. The daemon heeds these by itself.',
    default: false,
    examples: [true, ['SIGTERM']],
    ...LIVE,
  }),
  record_timing: boolean({
    description: 'Whether it is recorded how long tasks wait and run, for statistics and metrics.',
    default: true,
    ...restart('host and workers have made room for it'),
  }),
}
