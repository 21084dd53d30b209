/** The schema, the options of the library and the guide say the same. */
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import test from 'ava'
import { configSchema } from 'hatchery/config'
import { Folder } from '../helpers/config.js'
import {
  CONFIGURABLE,
  convertDefault,
  objectOf,
  optionName,
  POOL_OPTIONS,
  resolveOptions,
  type SchemaNode,
  sections,
} from '../helpers/internal.js'

/** Options of a pool that no file has: other names of options that it has, and what other sections say. */
const NOT_IN_FILES: ReadonlySet<string> = new Set([
  'minThreads',
  'maxThreads',
  'concurrentTasksPerWorker',
  // The section logging.
  'logger',
  // The daemon's own.
  'loadFirst',
  // monitoring.enable_tracing
  'tracing',
  // The section `logging`.
  'logger',
])
/** Keys that are no options of a pool by themselves. */
const WORDS: ReadonlySet<string> = new Set(['poolName', 'workerCount', 'enableDynamicScaling', 'enableWorkerAffinity'])

const pool = Object.entries(sections.pool.properties ?? {}).map(([key, node]) => [optionName(key, node), node] as const)

test('every option of a pool can be written down', (t) => {
  const known = new Set(pool.map(([option]) => option))
  t.deepEqual(
    [...POOL_OPTIONS].filter((option) => !known.has(option) && !NOT_IN_FILES.has(option)),
    [],
  )
  t.deepEqual(
    [...known].filter((option) => !POOL_OPTIONS.has(option) && !WORDS.has(option)),
    [],
  )
})

/** What the schema says is the default, of all keys within a key. */
function defaultOf(node: SchemaNode): unknown {
  if (node.default !== undefined) return convertDefault(node)
  const properties = Object.entries(objectOf(node)?.properties ?? {})
  const values = properties.map(([key, child]) => [optionName(key, child), defaultOf(child)] as const)
  const said = values.filter(([, value]) => value !== undefined)
  return said.length === 0 ? undefined : Object.fromEntries(said)
}

test('the defaults of the schema are those of the pool', (t) => {
  const defaults = resolveOptions({})
  for (const [option, node] of pool) {
    const value = defaultOf(node)
    // A group is none unless it is asked for.
    if (value === undefined || WORDS.has(option) || option === 'cgroup') continue
    // Close by a signal has a default of its own, until the option is given.
    const { signalCloseTimeout: _, ...found } = resolveOptions({ [option]: value })
    t.like(found, Object.fromEntries(Object.entries(defaults).filter(([key]) => key !== 'signalCloseTimeout')), option)
  }
})

test('how a change comes into force is what the pool can do', (t) => {
  const live: readonly string[] = [...CONFIGURABLE, 'minWorkers', 'maxWorkers', 'workerCount', 'enableDynamicScaling']
  for (const [option, node] of pool) {
    t.truthy(node.apply, option)
    if (node.apply === 'live') t.true(live.includes(option), option)
    if (node.apply === 'restart') t.false(live.includes(option), option)
    if (node.apply !== 'live') t.truthy(node.why, option)
  }
})

test('the published schema takes what the library takes, the example of the guide first of all', (t) => {
  const published = JSON.parse(readFileSync('schema/hatchery.schema.json', 'utf8')) as object
  t.deepEqual(published, JSON.parse(JSON.stringify(configSchema())))
  const validate = new Ajv({ allErrors: true, strictTypes: false }).compile(published)
  const guide = readFileSync('docs/guide/configuration.md', 'utf8')
  const example = JSON.parse(/```json.*\n([\s\S]*?)```/.exec(guide)![1]!) as Record<string, unknown>
  t.true(validate(example), JSON.stringify(validate.errors))
  using folder = new Folder()
  folder.write('tasks.js', '')
  t.is(folder.load(example).name, 'thumbnails')
  t.true(validate({ pool: { maxWorkers: 2, max_queue: 3, maxRss: { soft: '1MiB' } } }), JSON.stringify(validate.errors))
  t.false(validate({ pool: { maxWorkers: 'two' } }))
  t.false(validate({ pool: { max_worker: 2 } }))
  for (const node of Object.values(sections)) {
    for (const [key, { default: value, examples = [] }] of Object.entries(node.properties ?? {})) {
      const section = Object.keys(sections).find((name) => sections[name as keyof typeof sections] === node)!
      for (const good of [...examples, ...(value === undefined ? [] : [value])]) {
        t.true(validate({ [section]: { [key]: good } }), `${section}.${key}: ${JSON.stringify(good)}`)
      }
    }
  }
})
