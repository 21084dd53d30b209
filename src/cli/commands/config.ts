import type { Command } from '../command.js'

/** `hatchery config`. */
export const config: Command = {
  usage: 'config check|print [FILE] [options]\n       hatchery config schema',
  about:
    'check: says what is wrong with a configuration, all of it, with the place of each problem.\n' +
    'print: shows what the file, the environment and the defaults come to, and where each value is from.\n' +
    'schema: prints the JSON Schema of the file, for editors and other tools.\n' +
    'Without FILE it is that of the environment alone.',
  options: {
    json: { type: 'boolean', about: 'For machines.' },
    all: { type: 'boolean', short: 'a', about: 'print: settings that are not set, too.' },
    'no-env': { type: 'boolean', about: 'Leave the environment out.' },
  },
  examples: [
    'hatchery config check pool.json',
    'hatchery config print pool.json --all',
    'hatchery config schema > hatchery.schema.json',
  ],
  async run(values, positionals) {
    const { runConfig } = await import('../config/run.js')
    return runConfig(values, positionals)
  },
}
