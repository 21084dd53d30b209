import type { Command } from '../command.js'

/** `hatchery top`. */
export const top: Command = {
  usage: 'top [ADDRESS] [options]',
  about:
    'Watches a daemon, live: tasks, queue, times, workers, last crashes. ADDRESS is the path of its socket or an http: URL;\n' +
    'without it that of the configuration file or the environment. Keys (? shows them): q quit, p quiet and resume,\n' +
    'r restart the selected worker, + and - resize.',
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      about: 'Configuration of the daemon, for its address and token.',
    },
    'token-file': { type: 'string', value: 'FILE', about: 'Holds the token, for a URL.' },
    interval: { type: 'string', short: 'd', value: 'MS', about: 'Time between two looks. Default 1000.' },
    once: { type: 'boolean', about: 'Print how it is now, and end. So it is where standard output is no terminal.' },
    json: {
      type: 'boolean',
      about: 'For machines: a line with all figures at each interval; with --once a single one.',
    },
  },
  examples: [
    'hatchery top /run/hatchery/pool.sock',
    'hatchery top http://127.0.0.1:7070 --token-file token',
    'hatchery top --config pool.json --once',
  ],
  async run(values, positionals) {
    const [{ readFlags }, { runTop }] = await Promise.all([import('../top/flags.js'), import('../top/run.js')])
    return runTop(readFlags(values, positionals))
  },
}
