/** Spans and contexts of OpenTelemetry, with a real SDK on both sides. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import type { ExecutionContext } from 'ava'
import test from 'ava'
import { Pool, type PoolOptions } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'

const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const filename = new URL('./fixtures/tasks.js', import.meta.url)
const preload = [new URL('./fixtures/sdk.js', import.meta.url)]
const tracer = trace.getTracer('test')

watchForLeaks()
test.beforeEach(() => {
  exporter.reset()
  provider.register()
})
test.afterEach.always(() => {
  trace.disable()
  context.disable()
  propagation.disable()
})

interface WorkerSpan {
  name: string
  kind: number
  traceId: string
  spanId: string
  parentId: string | undefined
  attributes: Record<string, unknown>
  status: { code: number; message?: string }
  events: { name: string; attributes?: Record<string, unknown> }[]
}

/** The spans of the one worker there is. */
async function workerSpans(pool: Pool): Promise<WorkerSpan[]> {
  const spans = await context.with(context.active(), () => pool.run<WorkerSpan[]>(undefined, { name: 'spans' }))
  return spans
}

function produced(name: string): ReadableSpan {
  const span = exporter.getFinishedSpans().find((one) => one.name === `send ${name}`)
  if (span === undefined) throw new Error(`no span was made for ${name}`)
  return span
}

/** The consumer's spans of a task hang on the producer's. */
function assertFamily(t: ExecutionContext, producer: ReadableSpan, consumers: readonly WorkerSpan[]): void {
  const { traceId, spanId } = producer.spanContext()
  t.is(producer.kind, SpanKind.PRODUCER)
  t.true(consumers.length > 0)
  for (const consumer of consumers) {
    t.is(consumer.kind, SpanKind.CONSUMER)
    t.is(consumer.traceId, traceId)
    t.is(consumer.parentId, spanId)
  }
}

const one: PoolOptions = { filename, preload, maxWorkers: 1 }

testEach('a task runs in a span that is a child of its submission, which is one of the caller', (t, startMethod) =>
  withPool({ ...one, startMethod }, async (pool) => {
    const baggage = propagation.createBaggage({ tenant: { value: 'blue' } })
    const [parent, seen] = await context.with(propagation.setBaggage(context.active(), baggage), () =>
      tracer.startActiveSpan('request', async (span) => {
        const found: any = await pool.run(undefined, { name: 'look', priority: 'high', id: 'mine' })
        t.is(trace.getActiveSpan(), span, "the caller's context is its own again")
        span.end()
        return [span.spanContext(), found] as const
      }),
    )
    const producer = produced('look')
    t.is(producer.parentSpanContext?.spanId, parent.spanId)
    t.is(producer.spanContext().traceId, parent.traceId)
    const [consumer] = (await workerSpans(pool)).filter(({ name }) => name === 'process look')
    assertFamily(t, producer, [consumer!])
    t.deepEqual(seen, { traceId: parent.traceId, spanId: consumer!.spanId, tenant: 'blue' })
    const { attributes } = producer
    t.is(attributes['hatchery.task.name'], 'look')
    t.is(attributes['hatchery.task.priority'], 'high')
    t.is(attributes['hatchery.task.key'], 'mine')
    t.is(attributes['hatchery.task.attempt'], 1)
    t.is(attributes['hatchery.task.id'], consumer!.attributes['hatchery.task.id'] as string)
    t.is(attributes['hatchery.worker.id'], consumer!.attributes['hatchery.worker.id'] as number)
    t.is(attributes['hatchery.worker.pid'], pool.workers[0]!.pid)
    t.is(producer.status.code, SpanStatusCode.UNSET)
  }),
)

testOnce('so do asynchronous tasks, several arguments, streams, synchronous calls and each item of a map', (t) =>
  withPool({ ...one, concurrency: 2 }, async (pool) => {
    const tasks = pool.tasks<typeof import('./fixtures/tasks.js')>()
    const later: any = await tasks.lookLater()
    const both: any = await tasks.both(1, new Map([[2, 'two']]))
    t.deepEqual(both.arguments, [1, new Map([[2, 'two']])])
    const items: any[] = []
    for await (const item of tasks.count.stream(3)) items.push(item)
    t.deepEqual(
      items.map(({ index }) => index),
      [0, 1, 2],
    )
    t.is(await pool.run([1, 2, 3].values(), { name: 'sum' }), 6)
    t.is(await tasks.size(new Uint8Array(3_000_000)), 3_000_000)
    t.is(tasks.size.sync(Buffer.alloc(5)), 5)
    const mapped: number[] = []
    for await (const result of pool.map([Buffer.alloc(1), Buffer.alloc(2)], { name: 'size' })) mapped.push(result)
    t.deepEqual(mapped, [1, 2])
    const spans = await workerSpans(pool)
    const named = (name: string) => spans.filter((span) => span.name === name)
    for (const [name, seen] of [
      ['both', both],
      ['count', items[2]],
    ] as const) {
      assertFamily(t, produced(name), named(`process ${name}`))
      t.is(seen.spanId, named(`process ${name}`)[0]!.spanId, `the span of ${name} is the active one in it`)
    }
    assertFamily(t, produced('sum'), named('process sum'))
    assertFamily(t, produced('lookLater'), named('process lookLater'))
    t.is(named('own')[0]!.parentId, named('process lookLater')[0]!.spanId, 'a span of the task is a child')
    t.is(later.traceId, produced('lookLater').spanContext().traceId)
    const sizes = exporter.getFinishedSpans().filter(({ name }) => name === 'send size')
    t.deepEqual(
      named('process size').map(({ parentId }) => parentId),
      sizes.map((span) => span.spanContext().spanId),
    )
    t.is(sizes.length, 4)
  }),
)

testOnce('failures are in the spans: what a task throws in both, the death of a worker in that of the caller', (t) =>
  withPool({ ...one, retryBackoff: { initial: 1 } }, async (pool) => {
    await rejection(pool.run(undefined, { name: 'fail' }))
    const producer = produced('fail')
    const [consumer] = (await workerSpans(pool)).filter(({ name }) => name === 'process fail')
    assertFamily(t, producer, [consumer!])
    for (const { status, attributes, events } of [producer, consumer!]) {
      t.deepEqual(status, { code: SpanStatusCode.ERROR, message: 'out of range' })
      t.is(attributes['error.type'], 'E_RANGE')
      t.is(events[0]!.name, 'exception')
      t.is(events[0]!.attributes!['exception.message'], 'out of range')
    }
    t.is(await pool.run(undefined, { name: 'dieOnce', retries: 1 }), 2)
    const retried = produced('dieOnce')
    const [event] = retried.events
    t.is(event!.name, 'hatchery.retry')
    t.is(event!.attributes!['error.type'], 'ERR_HATCHERY_WORKER_SIGNALLED')
    t.is(retried.attributes['hatchery.task.attempt'], 2)
    t.is(retried.status.code, SpanStatusCode.UNSET)
    const [second] = (await workerSpans(pool)).filter(({ name }) => name === 'process dieOnce')
    assertFamily(t, retried, [second!])
    t.is(second!.attributes['hatchery.task.attempt'], 2)
    await rejection(pool.run(undefined, { name: 'dieOnce' }))
    const lost = exporter.getFinishedSpans().findLast(({ name }) => name === 'send dieOnce')!
    t.is(lost.status.code, SpanStatusCode.ERROR)
    t.is(lost.attributes['error.type'], 'ERR_HATCHERY_WORKER_SIGNALLED')
  }),
)

testOnce('a task in quarantine has the argument that it was given', (t) =>
  withPool({ ...one, maxCrashes: 1 }, async (pool) => {
    await rejection(pool.run({ some: 'value' }, { name: 'dieOnce' }))
    const [kept] = pool.quarantine
    t.deepEqual(kept!.argument(), { some: 'value' })
    const again: Promise<unknown> = pool.quarantine.rerun(kept!.id)
    t.is((await rejection(again)).code, 'ERR_HATCHERY_QUARANTINED')
  }),
)

testOnce('a worker without an SDK runs what was sent with a context', (t) =>
  withPool({ filename, maxWorkers: 1 }, async (pool) => {
    t.is(await pool.run(Buffer.alloc(7), { name: 'size' }), 7)
    t.is(produced('size').attributes['hatchery.task.attempt'], 1)
  }),
)

testOnce('without an SDK in the host, or with tracing: false, nothing is traced', async (t) => {
  await withPool({ ...one, tracing: false }, async (pool) => {
    t.deepEqual(await pool.run(undefined, { name: 'look' }), {
      traceId: undefined,
      spanId: undefined,
      tenant: undefined,
    })
    t.is(exporter.getFinishedSpans().length, 0)
  })
  trace.disable()
  await withPool(one, async (pool) => {
    t.deepEqual(await pool.run(undefined, { name: 'look' }), {
      traceId: undefined,
      spanId: undefined,
      tenant: undefined,
    })
    t.deepEqual(await workerSpans(pool), [])
  })
  t.is(exporter.getFinishedSpans().length, 0)
  t.throws(() => new Pool({ filename, tracing: 'yes' as 'auto' }), { code: 'ERR_HATCHERY_INVALID_OPTION' })
})

testEach('an SDK of each worker sends what it holds back before the worker leaves', async (t, startMethod) => {
  const folder = mkdtempSync(join(tmpdir(), 'hatchery-test-'))
  const file = join(folder, 'spans')
  const batched = new URL('./fixtures/batched.js', import.meta.url)
  const options: PoolOptions = { filename: batched, startMethod, workerData: file, maxWorkers: 1, stdio: 'ignore' }
  await withPool(options, async (pool) => {
    t.is(await pool.run(undefined, { name: 'task' }), 'done')
  })
  const spans = readFileSync(file, 'utf8').trim().split('\n')
  t.deepEqual(
    spans.map((line) => JSON.parse(line)),
    [{ name: 'process task', parentId: produced('task').spanContext().spanId }],
  )
  rmSync(folder, { recursive: true })
})
