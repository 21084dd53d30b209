/** What each worker may use, and what it may not do. */
import { ANEW, LIVE, restart } from '../changes.js'
import { boolean, choice, count, duration, either, integer, list, number, path, section, size } from '../kinds.js'

export const limits = {
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
