import type { Command } from '../command.js'

/** `hatchery bench`. */
export const bench: Command = {
  usage: 'bench [options]',
  about:
    'Measures a pool on this machine, in some ten seconds: throughput of small tasks, latency of one at a time, large\n' +
    'values, and how long a pool takes to start. Rounds of all measurements take turns, and the median round counts. Other\n' +
    'programs that are busy meanwhile show in the spread.',
  options: {
    workers: {
      type: 'string',
      short: 'w',
      value: 'NUMBER',
      about: 'Worker processes. Default: as many as there are processors, at most 4.',
    },
    'start-method': {
      type: 'string',
      value: 'METHOD',
      about: 'fork, spawn or auto. Default auto: the better of the two here.',
    },
    seconds: { type: 'string', value: 'NUMBER', about: 'How long to measure. Default 10.' },
    json: { type: 'boolean', about: 'For machines.' },
  },
  examples: ['hatchery bench', 'hatchery bench --workers 2 --json > bench.json'],
  async run(values, positionals) {
    const [{ readFlags }, { runBench }] = await Promise.all([import('../bench/flags.js'), import('../bench/run.js')])
    return runBench(readFlags(values, positionals))
  },
}
