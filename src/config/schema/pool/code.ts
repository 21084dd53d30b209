/** What the workers run. */
import { ANEW, LIVE, restart } from '../changes.js'
import { anything, boolean, choice, dictionary, either, list, moduleName, path, section, text } from '../kinds.js'

const STDIO = choice(['inherit', 'ignore', 'pipe'])

export const code = {
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
    description: 'Standard output and error of the workers. Of the daemon the default is "pipe": into its log.',
    default: 'inherit',
    ...ANEW,
  }),
}
