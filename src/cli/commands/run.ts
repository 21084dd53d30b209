import type { Command } from '../command.js'

/** `hatchery run`. */
export const run: Command = {
  usage: 'run WORKER [options] < lines.ndjson',
  about:
    'Maps standard input through a pool: each line is the argument of one task, each result a line of JSON on standard\n' +
    'output. WORKER is the module whose exports are the tasks. Errors go to standard error, with the number of their line;\n' +
    'if there were any, the exit code is 1. Ctrl-C lets tasks end that have begun; again, and they are killed.',
  options: {
    name: { type: 'string', short: 'n', value: 'FUNCTION', about: 'Export to call. Default: default.' },
    workers: {
      type: 'string',
      short: 'w',
      value: 'NUMBER',
      about: 'Worker processes. Default: as many as there are processors.',
    },
    concurrency: {
      type: 'string',
      value: 'NUMBER',
      about: 'Asynchronous tasks that a worker runs at a time. Default 1.',
    },
    ordered: { type: 'boolean', about: 'Results in the order of the lines. This is the default.' },
    unordered: { type: 'boolean', short: 'u', about: 'Results as they come: a slow task holds up no other.' },
    input: {
      type: 'string',
      short: 'i',
      value: 'KIND',
      about: 'json: each line is JSON (default); lines: each is a string.',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'KIND',
      about: 'json: each result is JSON (default); lines: strings are written as they are.',
    },
    timeout: { type: 'string', value: 'MS', about: 'How long a task may run. Default: as long as it takes.' },
    retries: {
      type: 'string',
      value: 'NUMBER',
      about: 'How often a task is tried again if its worker dies. Default 0.',
    },
    preload: {
      type: 'string',
      multiple: true,
      value: 'MODULE',
      about: 'Module to load before workers are forked; can be repeated.',
    },
    'fail-fast': { type: 'boolean', about: 'Stop at the first error.' },
    'keep-going': { type: 'boolean', about: 'Go on after errors. This is the default.' },
    json: {
      type: 'boolean',
      about:
        'For machines: {"line", "result"} on standard output; {"line", "error"}, {"output"} and a last {"summary"} on standard error.',
    },
    quiet: { type: 'boolean', short: 'q', about: 'No progress, no summary.' },
  },
  examples: [
    'hatchery run worker.js --name resize < files.ndjson > results.ndjson',
    'ls *.md | hatchery run worker.js --input lines --unordered',
    'hatchery run worker.js --json --timeout 5000 < tasks.ndjson 2> errors.ndjson',
  ],
  async run(values, positionals) {
    const [{ readFlags }, { runLines }] = await Promise.all([import('../run/flags.js'), import('../run/run.js')])
    return runLines(readFlags(values, positionals))
  },
}
