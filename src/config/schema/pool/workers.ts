/** How many workers there are, and where they run. */
import { LIVE, restart } from '../changes.js'
import { boolean, choice, duration, either, integer, list, section, share, text } from '../kinds.js'

export const workers = {
  name: text({
    option: 'poolName',
    description: 'Name of the pool, in logs, metrics and on the dashboard.',
    default: 'hatchery',
    ...restart('logs and metrics are named for it'),
  }),
  worker_count: integer({
    minimum: 1,
    maximum: 1024,
    description:
      'How many workers there are. With dynamic scaling it sets both bounds, but for one that `min_workers` or `max_workers` sets.',
    examples: [4],
    ...LIVE,
  }),
  min_workers: integer({
    minimum: 0,
    maximum: 1024,
    description: 'Workers kept even when idle. Default: `worker_count`, or 1.',
    examples: [1],
    ...LIVE,
  }),
  max_workers: integer({
    minimum: 1,
    maximum: 1024,
    description:
      'Workers at most. Default: `worker_count`, or as many as there are processors that this process may use.',
    examples: [8],
    ...LIVE,
  }),
  enable_dynamic_scaling: boolean({
    description:
      'Whether the number of workers moves between `min_workers` and `max_workers`; if not there are `worker_count` workers, or else `max_workers`.',
    default: true,
    ...LIVE,
  }),
  scaling: section(
    {
      target_queue_wait: duration({
        description: 'Tasks should not wait for longer: if they do, or would at the present pace, workers are added.',
        default: 5,
      }),
      interval: duration({
        minimum: 1,
        description: 'If tasks wait for this long without a break, one worker is added all the same.',
        default: '100ms',
      }),
      up_cooldown: duration({ description: 'Least time between two additions.', default: 0 }),
      max_cpu: share({
        description: 'Share of the processors beyond which more workers than processors are of no use.',
        default: 0.9,
      }),
      max_memory: share({
        description: 'Share of the memory that may be in use after a worker is added.',
        default: 0.95,
      }),
    },
    { description: 'When workers are added between `min_workers` and `max_workers`.', ...LIVE },
  ),
  worker_idle_timeout: duration({
    infinity: true,
    option: 'idleTimeout',
    aliases: ['idle_timeout'],
    description: 'How long an idle worker above `min_workers` is kept; 0: for ever.',
    default: '60s',
    ...LIVE,
  }),
  spares: integer({
    minimum: 0,
    maximum: 64,
    description: 'Workers beyond those, started and idle, that take the place of one that dies.',
    default: 0,
    ...LIVE,
  }),
  concurrency: integer({
    minimum: 1,
    maximum: 512,
    description: 'Tasks one worker runs at a time; above 1 it pays for tasks that wait for I/O.',
    default: 1,
    ...restart('host and workers have made room for so many'),
  }),
  enable_worker_affinity: boolean({
    description: 'Whether each worker has a processor of its own, as with `affinity: "spread"`.',
    default: false,
    ...restart('workers keep to the processors that they were started on'),
  }),
  affinity: either(
    [choice(['none', 'spread']), list(list(integer({ minimum: 0, maximum: 0xffff }), {}), { minItems: 1 })],
    {
      description: 'Processors of the workers: any, one each, or lists of processors that workers have by turns.',
      default: 'none',
      examples: [
        'spread',
        [
          [0, 1],
          [2, 3],
        ],
      ],
      ...restart('workers keep to the processors that they were started on'),
    },
  ),
}
