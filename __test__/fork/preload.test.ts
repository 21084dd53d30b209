/** Modules loaded and initialized once, before any worker exists. */
import process from 'node:process'
import { Pool } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import type { Report } from './fixtures/shared-graph.js'

watchForLeaks()

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url)
/** As it was written, not as it was compiled. */
const source = (name: string) => new URL(`../../../../__test__/fork/fixtures/${name}`, import.meta.url)
const { typescript } = process.features as { typescript?: false | 'strip' | 'transform' }
const stripsTypes = typescript === 'strip' || typescript === 'transform'

testOnce('init runs once, in the zygote, and workers share what it builds', async (t) => {
  const options = { filename: fixture('shared-graph.js'), startMethod: 'fork', minWorkers: 3, maxWorkers: 3 } as const
  await withPool(options, async (pool) => {
    await pool.ready
    const reports: Report[] = await Promise.all(Array.from({ length: 9 }, () => pool.run(undefined, { name: 'read' })))
    t.true(new Set(reports.map(({ pid }) => pid)).size > 1)
    t.is(new Set(reports.map(({ initializedBy }) => initializedBy)).size, 1)
    for (const { runs, initializedBy, pid, sum, heap, pss, own } of reports) {
      t.is(runs, 1)
      t.not(initializedBy, pid)
      t.is(sum, 600_000 * 'node '.length + 3_488_890)
      t.true(heap > 30e6, `the graph is there: ${heap} bytes of heap`)
      t.true(own < heap / 2, `own ${own} of ${heap}`)
      t.true(pss < heap, `PSS ${pss} of ${heap}`)
    }
  })
})

testEach('ES modules and CommonJS modules', (t, startMethod) =>
  withPool(
    {
      filename: fixture('marks.js'),
      startMethod,
      maxWorkers: 1,
      preload: [fixture('preloaded.js'), source('preloaded-common.cjs'), 'node:zlib'],
    },
    async (pool) => {
      const { pid, esm, common } = await pool.run()
      t.is(typeof esm, 'number')
      t.is(esm, common)
      if (startMethod === 'fork') t.not(esm, pid, 'initialized in the zygote')
      else t.is(esm, pid, 'initialized in each worker')
    },
  ),
)

if (stripsTypes) {
  testEach('TypeScript modules, where Node strips types', (t, startMethod) =>
    withPool(
      { filename: fixture('marks.js'), startMethod, maxWorkers: 1, preload: [source('preloaded-typed.ts')] },
      async (pool) => {
        const { pid, typed } = await pool.run()
        t.is(typed !== pid, startMethod === 'fork')
        t.is(typeof typed, 'number')
      },
    ),
  )
}

for (const [title, options, message] of [
  ['a preloaded module that throws', { preload: [fixture('preload-throws.js')] }, /preload-throws.*out of cheese/],
  ['an init that throws', { filename: fixture('init-throws.js') }, /init-throws.*no cheese to begin with/],
] as const) {
  testEach(`${title} fails the pool, with the reason`, async (t, startMethod) => {
    const pool = new Pool({ ...options, startMethod, maxWorkers: 1 })
    pool.on('error', () => {})
    const error = await rejection(pool.ready)
    t.regex(error.message, message)
    t.true(error instanceof Error)
    if (startMethod === 'fork') {
      t.is(error.code, 'ERR_HATCHERY_PRELOAD_FAILED')
      t.is(error.cause?.name, 'RangeError')
    }
    await pool.destroy()
  })
}
