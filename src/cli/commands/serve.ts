import { Signals } from '../../service/signals.js'
import type { Command } from '../command.js'

/** `hatchery serve`. */
export const serve: Command = {
  usage: 'serve [WORKER] [--config FILE] [options]',
  about:
    'Runs a pool as a service: tasks come in over a Unix socket and over HTTP. WORKER is the module whose exports are the\n' +
    'tasks. What is given here counts more than what the file says.',
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      about: 'Configuration, JSON; SIGHUP has it read anew, and the token.',
    },
    check: {
      type: 'boolean',
      about: 'Only say whether the daemon would start: load the configuration, and the module in a worker.',
    },
    socket: { type: 'string', short: 's', value: 'PATH', about: 'Unix socket to listen on.' },
    'socket-mode': { type: 'string', value: 'MODE', about: 'Its permissions, octal. Default 600: its owner alone.' },
    port: { type: 'string', short: 'p', value: 'NUMBER', about: 'Port to listen on; 0: any that is free.' },
    host: { type: 'string', value: 'ADDRESS', about: 'Address of that port. Default 127.0.0.1.' },
    'token-file': { type: 'string', value: 'FILE', about: 'Holds the token that clients on the port have to show.' },
    'allow-anonymous': { type: 'boolean', about: 'Let everybody on this machine in, without a token.' },
    ui: { type: 'boolean', about: 'Serve the dashboard.' },
    'metrics-port': { type: 'string', value: 'NUMBER', about: 'Port of /metrics; false: none. Default 9090.' },
    'health-port': { type: 'string', value: 'NUMBER', about: 'Port of /livez and /readyz; false: none. Default 8080.' },
    preload: {
      type: 'string',
      multiple: true,
      value: 'MODULE',
      about: 'Module to load before workers are forked; can be repeated.',
    },
    'min-workers': { type: 'string', value: 'NUMBER', about: 'Workers kept. Default 1.' },
    'max-workers': {
      type: 'string',
      value: 'NUMBER',
      about: 'Workers at most. Default: as many as there are processors.',
    },
    concurrency: {
      type: 'string',
      value: 'NUMBER',
      about: 'Asynchronous tasks that a worker runs at a time. Default 1.',
    },
    'max-queue': { type: 'string', value: 'NUMBER', about: 'Tasks that may wait. Default: any number.' },
    'close-timeout': { type: 'string', value: 'MS', about: 'How long tasks are waited for at the end. Default 30000.' },
    'log-level': {
      type: 'string',
      value: 'LEVEL',
      about: 'trace, debug, info, warn, error, fatal or silent. Default info.',
    },
  },
  examples: [
    'hatchery serve worker.js --socket /run/hatchery/pool.sock',
    'hatchery serve --config pool.json',
    'hatchery serve worker.js --port 7070 --token-file token',
  ],
  async run(values, positionals) {
    // Before anything else: until then SIGUSR1 opens Node's debugger.
    const signals = new Signals()
    try {
      const [{ runServe }, { readFlags }] = await Promise.all([import('../serve/run.js'), import('../serve/flags.js')])
      return await runServe(signals, readFlags(values, positionals))
    } finally {
      signals.end()
    }
  },
}
