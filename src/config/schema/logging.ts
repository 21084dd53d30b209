import { choice, integer, path, section, size } from './kinds.js'

/** The section `logging`. */
export const logging = section(
  {
    level: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      description: 'The least important messages that are written.',
      default: 'info',
      apply: 'live',
    }),
    file: path({
      description: 'File that is written to, as lines of JSON. Default: standard output.',
      examples: ['/var/log/hatchery/pool.log'],
      apply: 'live',
    }),
    max_size: size({
      minimum: 1024,
      infinity: true,
      description: 'Size at which the file is put aside and a new one begun.',
      default: '10MiB',
      apply: 'live',
    }),
    max_files: integer({
      minimum: 0,
      maximum: 1000,
      description:
        'Full files that are kept beside the one that is written: `pool.log.1` is the latest; 0: what is full is removed.',
      default: 5,
      apply: 'live',
    }),
  },
  { title: 'Logging', description: 'What is logged, and where.' },
)
