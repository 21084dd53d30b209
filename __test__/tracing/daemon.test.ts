/** Contexts of OpenTelemetry on their way through the daemon. */
import { fileURLToPath } from 'node:url'
import { context, propagation, trace } from '@opentelemetry/api'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { connect } from 'hatchery/client'
import { curl, Folder, Program } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'

watchForLeaks()

const TASKS = fileURLToPath(new URL('./fixtures/tasks.js', import.meta.url))
const SDK = new URL('./fixtures/sdk.js', import.meta.url).href

interface Seen {
  readonly traceId?: string
  readonly tenant?: string
}

testOnce('a task is in the trace of the client, whichever client that is', async (t) => {
  using folder = new Folder()
  const socket = folder.file('pool.sock')
  const env = { NODE_OPTIONS: `--import ${SDK}`, HATCHERY_MONITORING_ENABLE_TRACING: 'true' }
  const daemon = new Program(['serve', TASKS, '--socket', socket, '--max-workers', '1'], env)
  const client = connect(socket)
  new NodeTracerProvider().register()
  try {
    await daemon.says('the daemon is ready')
    const baggage = propagation.createBaggage({ tenant: { value: 'blue' } })
    await trace.getTracer('test').startActiveSpan('caller', async (span) => {
      const { traceId } = span.spanContext()
      const seen: Seen[] = await context.with(propagation.setBaggage(context.active(), baggage), async () => [
        await client.run('look'),
        await client.run('look', undefined, { onProgress() {} }),
        (await client.stream('count', 1).next()).value,
      ])
      for (const one of seen) t.like(one, { traceId, tenant: 'blue' })
      span.end()
    })
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }
    const request = { json: { name: 'look', wait: true }, headers }
    const { json } = await curl(['--unix-socket', socket], 'http://daemon/v1/tasks', request)
    t.is(json.result.traceId, traceId)
    const alone: Seen = await client.run('look')
    t.not(alone.traceId, traceId, 'it lasts no longer than its request')
  } finally {
    trace.disable()
    context.disable()
    propagation.disable()
    client.close()
    daemon.process.kill('SIGTERM')
    await daemon.ended
  }
})
