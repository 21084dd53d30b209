/** The section `pool`: every option of a pool that can be written down, and three simpler words for how many workers. */
import {
  anything,
  boolean,
  choice,
  count,
  dictionary,
  duration,
  either,
  integer,
  list,
  moduleName,
  number,
  path,
  section,
  share,
  size,
  text,
} from './kinds.js'
import type { SchemaNode } from './node.js'

const LIVE = { apply: 'live' } as const
const ANEW = {
  apply: 'reload',
  why: 'workers are told as they start, so they are replaced one by one',
} as const
const restart = (why: string) => ({ apply: 'restart', why }) as const

const STRATEGY = choice(['ignore', 'retry', 'restart-worker', 'restart-pool', 'shutdown'])
const STDIO = choice(['inherit', 'ignore'])

function backoff(initial: string, max: string, jitter: number): SchemaNode['properties'] {
  return {
    initial: duration({ description: 'Before the first further try; 0: no pauses.', default: initial }),
    factor: number({ minimum: 1, description: 'What each pause is longer by than the one before.', default: 2 }),
    max: duration({ description: 'Longest pause.', default: max }),
    jitter: number({
      minimum: 0,
      maximum: 1,
      description: 'Part of each pause that is left to chance.',
      default: jitter,
    }),
  }
}

const workers = {
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

const code = {
  filename: path({
    description: 'The module whose exports are the tasks; relative to the folder of this file.',
    examples: ['./tasks.js'],
    ...ANEW,
  }),
  task_name: text({
    option: 'name',
    description: 'Export that is called for a task that names none.',
    default: 'default',
    ...LIVE,
  }),
  preload: list(moduleName({}), {
    description:
      'Modules that are loaded before workers are forked: files, or packages as installed for the folder of this file.',
    default: [],
    examples: [['typescript', './warm-up.js']],
    ...ANEW,
  }),
  share_filename: boolean({
    description: 'Whether workers find `filename` loaded as well, and share its memory.',
    default: true,
    ...ANEW,
  }),
  worker_data: anything({
    description: 'Handed to every worker as it starts.',
    ...ANEW,
  }),
  start_method: choice(['auto', 'fork', 'spawn'], {
    description: 'How workers come to be: forked from a zygote, each a fresh process, or the better of the two here.',
    default: 'auto',
    ...restart('it decides what stands behind the pool: a zygote, or none'),
  }),
  exec_argv: list(text({}), {
    description: 'Options of Node for the workers. Default: those of the host, less what is the host’s alone.',
    examples: [['--enable-source-maps']],
    ...ANEW,
  }),
  env: dictionary(text({ minLength: 0 }), {
    description: 'The whole environment of the workers. Default: that of the host.',
    examples: [{ NODE_ENV: 'production' }],
    ...ANEW,
  }),
  stdio: either([STDIO, section({ stdout: STDIO, stderr: STDIO })], {
    description: 'Standard output and error of the workers.',
    default: 'inherit',
    ...ANEW,
  }),
}

const tasks = {
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
}

const failures = {
  retries: integer({
    minimum: 0,
    maximum: 255,
    description: 'How often a task may be run again whose worker died under it.',
    default: 0,
    ...LIVE,
  }),
  retry_errors: either([boolean({}), list(text({}), {})], {
    description: 'Whether retries are for errors that tasks throw, too; or for which, by code or name.',
    default: false,
    ...LIVE,
  }),
  retry_backoff: section(backoff('100ms', '30s', 0.5)!, {
    description: 'Pauses before a task is run again.',
    ...LIVE,
  }),
  max_crashes: count({
    minimum: 1,
    maximum: 0xffff_fffe,
    description: 'Workers that may die under a task before it is quarantined.',
    default: 5,
    ...LIVE,
  }),
  quarantine_size: integer({
    minimum: 0,
    maximum: 100_000,
    description: 'Tasks kept in quarantine.',
    default: 100,
    ...LIVE,
  }),
  max_restarts: count({
    minimum: 0,
    maximum: 0xffff_fffe,
    description:
      'Workers that may die within `restart_window` before the pool gives up. Default: 20 for each of `max_workers`, 100 at least.',
    ...LIVE,
  }),
  restart_window: duration({ minimum: 1, description: 'See there.', default: '10s', ...LIVE }),
  restart_backoff: section(backoff('20ms', '2s', 0.25)!, {
    description: 'Pauses before workers are started while they fail to start.',
    ...LIVE,
  }),
  recovery: dictionary(STRATEGY, {
    description: 'What is done about which failure, by error code, or `crash`, `thrown`, `default`.',
    default: {},
    examples: [{ crash: 'retry', thrown: 'ignore' }],
    ...LIVE,
  }),
  health: either(
    [
      section({
        interval: duration({ minimum: 1, infinity: true, description: 'Between two looks.', default: '1s' }),
        stopped_timeout: duration({
          minimum: 1,
          infinity: true,
          description: 'How long a worker may be stopped before it is killed.',
          default: '10s',
        }),
        unresponsive_timeout: duration({
          minimum: 1,
          infinity: true,
          description: 'How long a worker in no task may leave tasks lying before it is killed.',
          default: '30s',
        }),
        blocked_timeout: duration({
          minimum: 1,
          infinity: true,
          description: 'How long a task may block its worker without computing before that is killed.',
          default: 'infinity',
        }),
      }),
      choice([false]),
    ],
    { description: 'When workers are looked at, and what is too long; false: they are not looked at.', ...LIVE },
  ),
}

const limits = {
  max_tasks: count({
    minimum: 1,
    description: 'Tasks a worker is given before another one takes its place.',
    default: 'infinity',
    ...ANEW,
  }),
  max_age: duration({
    minimum: 1,
    infinity: true,
    description: 'Age at which another worker takes its place.',
    default: 'infinity',
    ...ANEW,
  }),
  max_rss: either(
    [
      size({ minimum: 1, infinity: true }),
      section({
        soft: size({ minimum: 1, infinity: true, description: 'Above it the worker is replaced. Default: as `hard`.' }),
        hard: size({ minimum: 1, infinity: true, description: 'Above it the worker is killed.', default: 'infinity' }),
      }),
    ],
    {
      description: 'Memory of a worker, beyond what it shares with others; a plain size is `soft`.',
      default: 'infinity',
      examples: ['512MiB', { soft: '400MiB', hard: '512MiB' }],
      ...LIVE,
    },
  ),
  max_heap: size({
    minimum: 16 << 20,
    infinity: true,
    description: 'JavaScript heap of zygote and workers.',
    default: 'infinity',
    examples: ['256MiB'],
    ...ANEW,
  }),
  rlimits: section(
    {
      files: count({ minimum: 64, description: 'Descriptors (RLIMIT_NOFILE).' }),
      cpu: count({ minimum: 1, description: 'Seconds of processor time in a worker’s life (RLIMIT_CPU).' }),
      core: size({ infinity: true, description: 'Bytes of a core dump (RLIMIT_CORE).' }),
      file_size: size({ infinity: true, description: 'Bytes of a file (RLIMIT_FSIZE).' }),
    },
    { description: 'Limits that the kernel keeps for each worker. Default: those of the host.', ...ANEW },
  ),
  nice: integer({ minimum: -20, maximum: 19, description: 'Nice value of the workers. Default: the host’s.', ...ANEW }),
  oom_score_adj: integer({
    minimum: -1000,
    maximum: 1000,
    description: 'Whom the kernel kills when memory runs out. Default: the host’s own plus 100.',
    ...ANEW,
  }),
  cgroup: section(
    {
      path: path({
        description: 'The delegated group below which they are made; "auto": the nearest.',
        default: 'auto',
      }),
      memory_max: size({ minimum: 1, infinity: true, description: 'memory.max' }),
      memory_high: size({ minimum: 1, infinity: true, description: 'memory.high' }),
      cpu_max: either([number({ minimum: 0.01, maximum: 4096 }), count({ minimum: 1 })], {
        description: 'cpu.max, in processors: 0.5 is half of one.',
      }),
      pids_max: count({ minimum: 1, description: 'pids.max' }),
    },
    {
      description: 'A control group (cgroup v2) for each worker.',
      ...restart('the groups are made as the pool starts'),
    },
  ),
  max_shared_memory: size({
    infinity: true,
    description: 'Memory for `pool.alloc()` and tasks of more than a megabyte. Default: half of what there is.',
    ...LIVE,
  }),
  shared_memory_policy: choice(['wait', 'reject'], {
    description: 'What becomes of a task of more than a megabyte when there is no room for it.',
    default: 'wait',
    ...LIVE,
  }),
  sandbox: either(
    [
      choice(['fresh']),
      section({
        fs: either(
          [
            choice(['read-only']),
            section({
              read: list(path({}), { description: 'Files and folders that may be read.' }),
              write: list(path({}), { description: 'The same, to be read and written.' }),
            }),
          ],
          { description: 'The only files that may be opened.' },
        ),
        net: boolean({ description: 'false: no sockets.', default: true }),
        exec: boolean({ description: 'false: no programs and no processes.', default: true }),
        signals: boolean({ description: 'false: no signals to other processes.', default: true }),
        fresh: boolean({ description: 'true: a fresh worker for each task.', default: false }),
      }),
    ],
    {
      description: 'What workers may not do.',
      examples: ['fresh', { fs: 'read-only', net: false }],
      ...restart('what the kernel takes from workers is tried out as the pool starts'),
    },
  ),
}

export const pool = section(
  { ...workers, ...code, ...tasks, ...failures, ...limits },
  { title: 'Pool', description: 'The pool: how many workers, what they run, and within which limits.' },
)
