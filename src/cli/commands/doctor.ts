import { type Command, UsageError } from '../command.js'

/** `hatchery doctor`. */
export const doctor: Command = {
  usage: 'doctor [options]',
  about:
    'Tells what this kernel, container and Node allow a pool, what follows, and what to change. It tries things rather than\n' +
    'guess: pools are started, files and signals confined, in processes and threads that end with it. The exit code is 1\n' +
    'only if no pool could run here.',
  options: {
    json: { type: 'boolean', about: 'For machines.' },
    all: { type: 'boolean', short: 'a', about: 'Say of what is well, too, what it is for.' },
  },
  examples: ['hatchery doctor', 'hatchery doctor --json | jq \'.checks[] | select(.status != "ok")\''],
  async run(values, [extra]) {
    if (extra !== undefined) throw new UsageError(`There is nothing to name here; what is "${extra}"?`)
    const { runDoctor } = await import('../doctor/run.js')
    return runDoctor({ json: values['json'] === true, all: values['all'] === true })
  },
}
