/** What is done after failures. */
import { LIVE } from '../changes.js'
import { boolean, choice, count, dictionary, duration, either, integer, list, number, section, text } from '../kinds.js'
import type { SchemaNode } from '../node.js'

const STRATEGY = choice(['ignore', 'retry', 'restart-worker', 'restart-pool', 'shutdown'])

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

export const failures = {
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
